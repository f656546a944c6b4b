"""Files in encodings of many languages: the right one is proposed, and what each proposed one makes of the words."""

import pytest

from auditkit.counts.text_codec import CANDIDATES, MOST, likely
from auditkit.data import AuditData
from auditkit.errors import DataError

WRITTEN = {
    "cp1252": [
        "größe,y\nä,1\nö,0\n",
        "prénom,ville\nJérôme,Orléans\nZoé,Nîmes\n",
        "temp,y\n25°C,1\n",
        "price,y\n10 €,1\n",
        "“Müller”,y\n–,1\n",
        "l’été,y\nœuvre,1\n",
    ],
    "cp1250": ["imię,y\nŁódź,1\nśnieg,0\n"],
    "cp1254": ["şehir,y\nDiyarbakır,1\nAğrı,0\n"],
    "cp1257": ["miestas,y\nŠiauliai,1\nKlaipėda,0\nlietuvių,1\n"],
    "cp1251": ["город,y\nМосква,1\nТула,0\n", "ИМЯ,y\nИван Петров,1\n"],
    "koi8-r": ["город,y\nМосква,1\nТула,0\n", "city,approved\nМосква,yes\n"],
    "cp1253": ["πόλη,y\nΑθήνα,1\n"],
    "cp1255": ["עיר,y\nירושלים,1\n"],
    "cp1256": ["مدينة,y\nالقاهرة,1\n"],
    "cp874": ["เมือง,y\nกรุงเทพ,1\n"],
    "cp932": ["都市,y\n東京,1\nおおさか,0\nコード,1\n", "名前,年齢\n田中さん,2\n"],
    "euc-jp": ["都市,y\n東京,1\nおおさか,0\n"],
    "gb18030": ["城市,y\n北京,1\n上海,0\n", "姓名,年龄\n张伟,3\n李娜,4\n"],
    "big5": ["城市,y\n臺北,1\n高雄,0\n"],
    "cp949": ["도시,y\n서울,1\n부산,0\n"],
    "iso8859-15": ["prénom,ville\ncœur,Orléans\n"],
    "iso8859-2": ["imię,y\nŁódź,1\nśnieg,0\n", "jméno,y\nJiří,1\nŠárka,0\n"],
    "iso8859-5": ["город,y\nМосква,1\nТула,0\n"],
    "iso8859-7": ["πόλη,y\nΆθήνα,1\n"],
    "iso8859-6": ["مدينة,y\nالقاهرة,1\n"],
    "koi8-u": ["місто,y\nКиїв,1\nЛьвів,0\n"],
    "cp850": [
        "größe,y\nä,1\nö,0\n",
        "prénom,ville\nJérôme,Orléans\nZoé,Nîmes\n",
        "año,y\nniño,1\n",
        "nome,cidade\nJoão,São Paulo\nconceição,x\n",
        "navn,by\nSøren,Århus\n",
    ],
    "cp852": ["imię,y\nŁódź,1\nśnieg,0\n", "jméno,y\nJiří,1\nPlzeň,0\n"],
    "cp857": ["şehir,y\nDiyarbakır,1\nAğrı,0\n"],
    "cp775": ["miestas,y\nŠiauliai,1\nKlaipėda,0\nlietuvių,1\n"],
    "cp866": ["город,y\nМосква,1\nТула,0\n"],
    "cp737": ["πόλη,y\nΑθήνα,1\n"],
    "cp862": ["עיר,y\nירושלים,1\n"],
    "mac_roman": [
        "größe,y\nä,1\nö,0\n",
        "prénom,ville\nJérôme,Orléans\nZoé,Nîmes\n",
        "año,y\nniño,1\n",
        "nome,cidade\nJoão,São Paulo\n",
        "navn,by\nSøren,Århus\n",
    ],
    "mac_turkish": ["şehir,y\nDiyarbakır,1\nAğrı,0\n"],
    "mac_cyrillic": ["город,y\nМосква,1\nТула,0\n"],
    "mac_greek": ["πόλη,y\nΑθήνα,1\n"],
}
CASES = [(encoding, text) for encoding, texts in WRITTEN.items() for text in texts]


@pytest.mark.parametrize(("encoding", "text"), CASES)
def test_the_right_encoding_is_proposed_with_what_it_reads_and_every_proposed_one_reads_the_file(
    encoding, text, tmp_path
):
    path = tmp_path / "people.csv"
    path.write_bytes(text.encode(encoding))
    with pytest.raises(DataError, match="say how it is written") as caught:
        AuditData.from_table(path)
    columns = {}
    for mend in caught.value.mend:
        assert mend.setting == "data.encoding" and str(mend) in str(caught.value)
        columns[mend.value] = AuditData.from_table(path, encoding=mend.value).feature_names
    assert columns[encoding] == tuple(text.partition("\n")[0].split(","))
    readings = likely(text.encode(encoding))
    assert readings[encoding] in text and not readings[encoding].isascii()
    assert len(readings) <= MOST
    if len(readings) > 1:
        assert f"reads {readings[encoding]!r}" in str(caught.value) and "or another, that reads" in str(caught.value)


def test_every_candidate_is_tried_and_the_plain_cases_have_one_way_out():
    assert {*WRITTEN, "utf-8"} == set(CANDIDATES)
    assert list(likely("größe,y\nä,1\n".encode("cp1252"))) == ["cp1252"]
    assert next(iter(likely("город\nМосква".encode("koi8-r")))) == "koi8-r"
    assert next(iter(likely("город\nМосква".encode("cp1251")))) == "cp1251"
    assert likely("größe".encode()) == {"utf-8": ""} and likely("größe".encode()[:-2]) == {"utf-8": ""}
    assert likely(b"gr\xf6\x81\xb3e") == {}


def test_the_word_that_is_shown_is_the_first_that_tells_the_encodings_apart():
    assert likely("город,y\nМосква,1\n".encode("cp1251"))["mac_cyrillic"] != "город"
    both = likely("город,y\nтула,1\nМосква,1\n".encode("cp1251"))
    assert (both["cp1251"], both["mac_cyrillic"]) == ("Москва", "ћосква")
    assert likely("größe".encode("mac_roman"))["mac_roman"] == "größe"
    assert next(iter(likely("größe".encode("cp850")))) == "cp850"


def test_a_declared_encoding_that_cannot_read_a_file_in_utf_8_is_sent_back_to_it(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("größe,y\nä,1\nö,0\n", encoding="utf-8")
    with pytest.raises(DataError, match=r'is not ascii; .*as in encoding = "utf-8" under \[data\]$'):
        AuditData.from_table(path, encoding="ascii")
