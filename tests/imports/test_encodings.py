"""imports.formats.encoding: which encoding a text is in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports.encoding_names import canonical_name
from imports.errors import FileError
from imports.formats.encoding import HEAD_BYTES, SAMPLE_BYTES, EncodingDetector

GERMAN = "Größe;Stück\nSchlüsselanhänger für die Küche;Müllbeutel weiß\n"
FRENCH = "prénom;cuillère à café\nthéière émaillée;façade\n"
POLISH = "łyżka stołowa;zażółć gęślą jaźń\nświeca;ćwiek\n"
RUSSIAN = "кружки синие;ложки столовые;чайники электрические\n"
JAPANESE = "青いマグカップ;スプーン\n急須;商品説明\n"
CHINESE = "蓝色杯子;勺子\n茶壶;商品名称 描述\n"


def detector(*blocks: bytes) -> EncodingDetector:
    found = EncodingDetector()
    for block in blocks:
        found.feed(block)
    return found


def decide(*blocks: bytes) -> tuple[str, bool]:
    return detector(*blocks).decide()


@pytest.mark.parametrize(
    ("text", "encoding"),
    [(GERMAN, "cp1252"), (FRENCH, "cp1252"), (FRENCH, "mac-roman"), (GERMAN, "cp850"), (POLISH, "cp1250"), (RUSSIAN, "cp1251"), (RUSSIAN, "koi8-r"),
     (RUSSIAN, "cp866"), (JAPANESE, "cp932"), (CHINESE, "gb18030")],
)  # fmt: skip
def test_text_that_is_not_utf_8_is_guessed(text: str, encoding: str) -> None:
    assert decide(text.encode(encoding)) == (encoding, True)


def test_text_that_several_encodings_read_alike_is_of_the_most_usual() -> None:
    assert decide("Café\n".encode("cp1250")) == ("cp1252", True)


@pytest.mark.parametrize("text", [GERMAN, RUSSIAN, CHINESE, "sku,name\nA1,Mug\n", ""])
def test_utf_8_is_no_guess(text: str) -> None:
    assert decide(text.encode()) == ("utf-8", False)


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [(b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"),
     (b"\xff\xfe\0\0", "utf-32-le"), (b"\0\0\xfe\xff", "utf-32-be")],
)  # fmt: skip
def test_byte_order_mark_decides(mark: bytes, encoding: str) -> None:
    assert decide(mark + GERMAN.encode(encoding)) == (encoding, False)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_wide_text_without_a_mark_is_guessed(encoding: str) -> None:
    assert decide("sku;Größe\nA1;große Tasse\n".encode(encoding)) == (encoding, True)


def test_few_bad_bytes_leave_a_text_utf_8() -> None:
    assert decide(GERMAN.encode() + b"A1;Caf\xe9\n") == ("utf-8", False)


def test_few_characters_of_utf_8_leave_a_text_what_it_is() -> None:
    assert decide(GERMAN.encode("cp1252") + "A1;Café\n".encode()) == ("cp1252", True)


def test_letter_that_comes_late_decides() -> None:
    plain = b"A1;Mug;1.00\n" * 100_000
    assert decide(plain, plain, "A2;Kännchen;2.00\n".encode("cp1252"), plain) == ("cp1252", True)


def test_character_that_the_end_of_the_file_cuts_is_ignored() -> None:
    assert decide("sku;name\nA1;Café".encode()[:-1]) == ("utf-8", False)


def test_text_of_no_encoding_is_rejected() -> None:
    with pytest.raises(FileError, match="its encoding could not be detected") as refusal:
        decide(b"sku;name\nA1;" + bytes(range(128, 256)) + b"\n")
    assert refusal.value.code == "file.encoding"


def test_text_of_which_no_line_is_short_enough_to_look_at_is_rejected() -> None:
    with pytest.raises(FileError, match="its encoding could not be detected"):
        decide(b"sku;name\nA1;" + b"\xe4" * SAMPLE_BYTES + b"\n")


def test_no_more_than_a_sample_is_kept() -> None:
    found = detector(*[GERMAN.encode("cp1252") * 4_000] * 20)
    assert found.invalid == 20 * 4_000 * sum(char > "\x7f" for char in GERMAN)
    assert SAMPLE_BYTES <= len(found.sample) < SAMPLE_BYTES + 100
    assert (found.size, len(found.head), found.tail) == (20 * 4_000 * len(GERMAN), HEAD_BYTES, b"")


def not_ascii(sample: bytearray) -> bytes:
    return bytes(byte for byte in sample if byte >= 0x80)


@given(
    text=st.text(max_size=60), encoding=st.sampled_from(["utf-8", "cp1252", "cp932"]), size=st.integers(1, 20)
)
def test_evidence_is_the_same_wherever_blocks_are_cut(text: str, encoding: str, size: int) -> None:
    content = text.encode(encoding, "ignore") + b"\n"
    whole = detector(content)
    cut = detector(*(content[start : start + size] for start in range(0, len(content), size)))
    assert (cut.invalid, cut.continuing, cut.size) == (whole.invalid, whole.continuing, whole.size)
    # Where a block ends, ASCII at the beginning of a line may be missing.
    assert not_ascii(cut.sample + cut.tail) == not_ascii(whole.sample + whole.tail)


def test_counting_stops_after_enough_evidence() -> None:
    block = b"\xe4" * 2**20
    assert 4 * 2**20 < detector(*[block] * 20).invalid < 6 * 2**20


@given(st.binary(max_size=80))
def test_evidence_counts_what_a_decoder_does(content: bytes) -> None:
    found = detector(content + b"\n")
    text = content.decode("utf-8", "surrogateescape")
    assert found.invalid == sum("\udc80" <= char <= "\udcff" for char in text)
    assert found.continuing == sum(len(char.encode("utf-8", "surrogateescape")) - 1 for char in text)


@pytest.mark.parametrize(
    ("name", "python"),
    [("UTF-8", "utf-8"), ("utf-8-sig", "utf-8"), ("latin1", "iso8859-1"), ("Windows-1252", "cp1252"),
     ("Shift_JIS", "shift_jis"), ("UTF-16", "utf-16"), ("macroman", "mac-roman")],
)  # fmt: skip
def test_encoding_has_several_names(name: str, python: str) -> None:
    assert canonical_name(name) == python


@pytest.mark.parametrize(
    "name", ["", "klingon", "hex", "base64", "rot13", "idna", "punycode", "undefined", "unicode_escape", "a\0", "é", "x" * 99]
)  # fmt: skip
def test_what_is_no_encoding_of_text_is_rejected(name: str) -> None:
    with pytest.raises(ValueError, match="must be a known text encoding"):
        canonical_name(name)
