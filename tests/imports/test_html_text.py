"""imports.rows.html_text: the text of a description in HTML, as a browser shows it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports.rows.html_text import stripped


@pytest.mark.parametrize(
    ("html", "text"),
    [("<p>Blue</p><p>Red</p>", "Blue\nRed"), ("a<br>b<br/>c<BR />d", "a\nb\nc\nd"), ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
     ("<ul><li>a<li>b</ul>", "a\nb"), ("<h2>Mug</h2>Blue", "Mug\nBlue"), ("<div> a </div>\n\n<div> b </div>", "a\nb")],
)  # fmt: skip
def test_paragraph_item_and_break_begin_a_line(html: str, text: str) -> None:
    assert stripped(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [("<b>Bl</b>ue", "Blue"), ('<a title="x > y" href=\'z\'>Blue</a>', "Blue"), ("<table><tr><td>Size</td><td>10</td></tr></table>", "Size 10"),
     ("<x-y>Blue</x-y>", "Blue"), ("<?xml version='1'?><!DOCTYPE html>Blue", "Blue"), ("<p></p>", ""), ("<P\nclass=a>Blue", "Blue")],
)  # fmt: skip
def test_tags_are_removed(html: str, text: str) -> None:
    assert stripped(html) == text


@pytest.mark.parametrize(
    "html",
    ["<script>if (a<b) { x('</p>') }</script>Blue", "<STYLE>p { color: red }</STYLE >Blue", "<!-- <p>Red</p> -->Blue",
     "<script><!-- </script>Blue", "<!-- <script> -->Blue", "Blue<script>Red", "Blue<!-- Red", "</script>Blue"],
)  # fmt: skip
def test_script_style_and_comment_are_removed(html: str) -> None:
    assert stripped(html) == "Blue"


@pytest.mark.parametrize(
    ("html", "text"),
    [("Salt &amp; pepper", "Salt & pepper"), ("&lt;b&gt;", "<b>"), ("5&nbsp;&euro;", "5\xa0€"), ("&#39;&#x41;", "'A"), ("<b>&lt;</b>p>", "<p>"),
     ("&amp;lt;", "&lt;"), ("&#0;&#xd800;", "\ufffd\ufffd")],
)  # fmt: skip
def test_entities_are_decoded_once(html: str, text: str) -> None:
    assert stripped(html) == text


@pytest.mark.parametrize(
    "text",
    ["Size <XL", "a < b > c", "1<2", "<3", "Salt & pepper", " a\n\n b ", "a <b", "--> a", "<", "R&D <= 5"],
)
def test_text_without_a_tag_is_kept_as_it_is(text: str) -> None:
    assert stripped(text) == text


def test_arrow_behind_no_comment_is_text() -> None:
    assert stripped("<b>a</b> --> b") == "a --> b"


@given(
    st.lists(
        st.sampled_from(
            [
                "<",
                ">",
                "</",
                "<p>",
                "<!--",
                "-->",
                "<script>",
                "</script>",
                '"',
                "'",
                "&",
                "&lt;",
                "a",
                " ",
                "\n",
            ]
        )
    )
)
def test_text_has_no_more_characters_than_its_html(pieces: list[str]) -> None:
    html = "".join(pieces)
    assert len(stripped(html)) <= len(html)


@pytest.mark.parametrize(
    "part", ["<", "<a ", '<a "', "<a x='", "<!--", "<script>", "</", "<p>", "&", "&a", "<!", "<a x=\"y\"", "<script></p>", "\n<"]
)  # fmt: skip
def test_time_is_linear_in_the_length(part: str) -> None:
    begun = time.process_time()
    stripped(part * (10**6 // len(part)))
    assert time.process_time() - begun < 5
