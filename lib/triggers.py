"""Statement triggers, which see the rows of a change under the same names everywhere: `added` on INSERT, `before` and
`after` on UPDATE, `removed` on DELETE."""

# mypy: untyped-calls-exclude=pgtrigger

import pgtrigger

ROWS = {
    pgtrigger.Insert: pgtrigger.Referencing(new="added"),
    pgtrigger.Update: pgtrigger.Referencing(old="before", new="after"),
    pgtrigger.Delete: pgtrigger.Referencing(old="removed"),
}


def statement_trigger(
    name: str,
    operation: pgtrigger.Operation,
    func: str,
    *,
    when: pgtrigger.When = pgtrigger.After,
    declare: list[tuple[str, str]] | None = None,
) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=when,
        operation=operation,
        referencing=ROWS.get(operation),
        func=func,
        declare=declare,
    )
