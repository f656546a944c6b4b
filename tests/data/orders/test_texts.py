"""Texts as ordered numbers: spellings, what fits in several ways, and what fits in none."""

from __future__ import annotations

import datetime
import string

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as some

from auditkit.data.orders import Notation, order_of
from auditkit.errors import DataError


def order(texts, **notation):
    return order_of(pd.Series(texts, dtype=object), Notation(**notation))


NUMBERS = [
    (["33,41", "920,9", "7"], [33.41, 920.9, 7]),
    (["1,234.50", "334.10"], [1234.5, 334.1]),
    (["1.234,50", "334,10"], [1234.5, 334.1]),
    (["1,234,567", "89"], [1234567, 89]),
    (["1.234.567", "89"], [1234567, 89]),
    (["1,23,456.78", "334"], [123456.78, 334]),
    (["1 234", "334"], [1234, 334]),
    (["1\u00a0234,5", "334,0"], [1234.5, 334]),
    (["1\u202f234,5", "334"], [1234.5, 334]),
    (["1\u2009234.5", "334"], [1234.5, 334]),
    (["1'234.50", "334.10"], [1234.5, 334.1]),
    (["1\u2019234.50", "334.10"], [1234.5, 334.1]),
    (["1_234", "334"], [1234, 334]),
    (["(1,234.50)", "334.10"], [-1234.5, 334.1]),
    (["5-", "334"], [-5, 334]),
    (["\u22125", "334"], [-5, 334]),
    (["+5", "-3"], [5, -3]),
    (["1.5E+3", "2e1"], [1500, 20]),
    (["1,5e3", "2,5"], [1500, 2.5]),
    (["1,5\u00d710\u00b3", "2\u00d710\u207b\u00b9"], [1500, 0.2]),
    (["1.5 x 10^3", "2 x 10^1"], [1500, 20]),
    (["12.5%", "3%", "0"], [12.5, 3, 0]),
    (["12,5 %", "3 %"], [12.5, 3]),
    (["12 kg", "5 KG"], [12, 5]),
    (["900 g", "1.2kg"], [900, 1200]),
    (["90 min", "2 hours"], [5400, 7200]),
    (["5k", "1.2M", "300"], [5000, 1.2e6, 300]),
    (["$1,234.50", "-$5.00", "$-2.00", "($0.10)"], [1234.5, -5, -2, -0.1]),
    (["1.234,50 \u20ac", "\u20ac 5,00"], [1234.5, 5]),
    (["USD 5", "USD 12.5"], [5, 12.5]),
    (["5 CR", "3 DR"], [5, -3]),
    (["45 m\u00b2", "50 m\u00b2"], [45, 50]),
    (["45 m2", "50 m2"], [45, 50]),
    (["007", "012"], [7, 12]),
    (["1st", "2nd", "3rd"], [1, 2, 3]),
    (["#12", "#7"], [12, 7]),
    (["p12", "p7"], [12, 7]),
    (["'123", "'45"], [123, 45]),
    (['="123"', '="45"'], [123, 45]),
    ([" 1,5 ", "2,5"], [1.5, 2.5]),
    (["\uff11\uff12", "\uff13"], [12, 3]),
    (["\u0661\u0662\u066b\u0665", "\u0664"], [12.5, 4]),
    (["0x1f", "0x2a"], [31, 42]),
    (["0b101", "0b11"], [5, 3]),
    (["7 of 10", "9 out of 10"], [0.7, 0.9]),
    (["1/2", "3 1/4", "2"], [0.5, 3.25, 2]),
    (["\u00bd", "1\u00bc", "3"], [0.5, 1.25, 3]),
    (["5'10\"", "6'1\""], [70, 73]),
    (["20-29", "30\u201339", "<20", ">=65"], [24.5, 34.5, 20, 65]),
    (["20 to 29", "30 to 39", "65 and over"], [24.5, 34.5, 65]),
    (["[20, 30)", "[30, 40)"], [25, 35]),
    (["<5", "7.2", ">100"], [5, 7.2, 100]),
    (["1.234", "2.500"], [1.234, 2.5]),
    (["Rs.485", "Rs.6485"], [485, 6485]),
    (["485.\u2013", "6485.50", "-7.00"], [485, 6485.5, -7]),
    (["Rs.485/-", "Rs.6485/-"], [485, 6485]),
    (["1.5D+03", "2.5D-01"], [1500, 0.25]),
    (["64.5\u00b0 S", "12.25\u00b0 N"], [-64.5, 12.25]),
    (["\u0661\u0662\u060c\u0665", "\u0663"], [12.5, 3]),
    (["7.5/10", "8/10"], [0.75, 0.8]),
    (["5'10\"", "6'11\""], [70, 83]),
    (["10.0.0.9", "10.0.0.10", "9.255.255.1"], [1, 2, 0]),
    (["10.0.0.0/8", "10.0.0.0/16", "2001:db8::1"], [0, 1, 2]),
    (["00:1b:40:ff:00:00", "00:1b:41:00:00:00"], [0, 1]),
    (["1.10.2", "v1.9", "1.10"], [2, 0, 1]),
]


@pytest.mark.parametrize(("texts", "expected"), NUMBERS, ids=[repr(texts)[:30] for texts, _ in NUMBERS])
def test_numbers_in_many_spellings(texts, expected):
    assert order(texts).values == pytest.approx(expected)


THIRD_OF_FEBRUARY = [
    "2024-02-03", "2024/02/03", "2024.02.03", "2024-2-3", "3 Feb 2024", "3rd of February 2024", "Feb 3, 2024",
    "February 3rd, 2024", "03-Feb-2024", "03-FEB-24", "3. Februar 2024", "3 f\u00e9vrier 2024", "3 de febrero de 2024",
    "2024 Feb 3", "2024-02-03T00:00:00", "2024-02-03 00:00", "2024-02-03T00:00:00Z", "2024-02-03T02:00:00+02:00",
    "20240203T000000Z", "Sat, 03 Feb 2024 00:00:00 GMT", "Saturday, February 3, 2024", "Sat Feb  3 00:00:00 2024",
    "2024\u5e742\u67083\u65e5", "2024-02-03Z", "2024-02-03+00:00", "00:00 3 Feb 2024", "2024-02-02 19:00 EST",
    "2024-034", "2024-W05-6", "3.II.2024", "3 lutego 2024 r.", "суббота, 3 февраля 2024 г.", "2024. 02. 03.",
    "samedi 3 février 2024", "2024. február 3.",
]  # fmt: skip


MONTHS = {
    "Polish": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "Polish, short": "sty lut mar kwi maj cze lip sie wrz paź lis gru",
    "Czech": "ledna února března dubna května června července srpna září října listopadu prosince",
    "Russian": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "Ukrainian": "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
    "Turkish": "Ocak Şubat Mart NİSAN Mayıs Haziran Temmuz Ağustos Eylül Ekim KASIM Aralık",
    "German": "Jänner Februar März April Mai Juni Juli August September Oktober November Dezember",
    "French, short": "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
    "Spanish": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "Italian": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "Dutch": "januari februari maart april mei juni juli augustus september oktober november december",
    "Portuguese": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "Swedish": "januari februari mars april maj juni juli augusti september oktober november december",
    "Norwegian": "januar februar mars april mai juni juli august september oktober november desember",
    "Hungarian": "január február március április május június július augusztus szeptember október november december",
    "Romanian": "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie",
    "Finnish": "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta "
    "lokakuuta marraskuuta joulukuuta",
    "Greek": "Ιανουαρίου Φεβρουαρίου Μαρτίου Απριλίου Μαΐου Ιουνίου Ιουλίου Αυγούστου Σεπτεμβρίου Οκτωβρίου Νοεμβρίου "
    "Δεκεμβρίου",
    "Roman": "I II III IV V VI VII VIII IX X XI XII",
}


@pytest.mark.parametrize("language", MONTHS)
def test_months_in_many_languages(language):
    texts = [f"7 {name} 2024" for name in MONTHS[language].split()]
    assert order(texts).values == pytest.approx([datetime.date(2024, n, 7).toordinal() * 86400 for n in range(1, 13)])


def test_a_month_that_is_another_one_in_another_language_is_not_guessed():
    croatian = "siječnja veljače ožujka travnja svibnja lipnja srpnja kolovoza rujna listopada studenoga prosinca"
    assert order([f"7 {name} 2024" for name in croatian.split()]).values is None


def test_roman_numerals_are_read_where_they_are_many():
    worth = [1, 4, 9, 14, 40, 90, 99, 400, 444, 900, 1999, 2024, 3999]
    texts = ["I", "IV", "IX", "XIV", "XL", "XC", "XCIX", "CD", "CDXLIV", "CM", "MCMXCIX", "MMXXIV", "MMMCMXCIX"]
    assert order(texts).how == "Roman numerals" and order(texts).values.tolist() == worth
    assert order(["M", "L", "XL"]).values is None  # sizes of clothes
    assert order([*texts, "IIII"]).values is None


@pytest.mark.parametrize("text", THIRD_OF_FEBRUARY)
def test_dates_in_many_spellings(text):
    assert order([text]).values == [datetime.date(2024, 2, 3).toordinal() * 86400], text


@pytest.mark.parametrize(
    ("texts", "how"),
    [
        (["03.02.2024", "13.02.2024"], "day first"),
        (["3/2/2024 10:15 PM", "13/2/2024 9:00 AM"], "day first"),
        (["03/04/2025", "05/13/2025"], "month first"),
        (["03-04-25", "05-13-25"], "month first"),
    ],
)
def test_one_value_that_fits_one_order_decides(texts, how):
    assert order(texts).how == f"dates with the {how}"
    assert np.isfinite(order(texts).values).all()


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["10:30", "09:15"], [37800, 33300]),
        (["10:30:01.5", "00:00:00"], [37801.5, 0]),
        (["10:30 PM", "12:15 am"], [81000, 900]),
        (["1 day, 2:03:04", "0 days 03:04:05"], [93784, 11045]),
        (["PT1H30M", "P2D"], [5400, 172800]),
        (["2h 15m", "45m"], [8100, 2700]),
        (["2024-02", "2023-12"], [738917 * 86400, 738855 * 86400]),
        (["Q1 2024", "Q4 2023"], [738886 * 86400, 738794 * 86400]),
        (["1Q2024", "H2 2023", "2023H2", "2024M01"], [738886 * 86400, *2 * [738702 * 86400], 738886 * 86400]),
        (["W01 2024", "KW 1/2024", "week 1, 2024"], 3 * [738886 * 86400]),
        (["1h30", "45m", "2h"], [5400, 2700, 7200]),
        (["1:30 h", "0:45 h"], [5400, 2700]),
        (["1:30 min", "0:45 min"], [90, 45]),
        (["5'30\"", "6'01\""], [330, 361]),
        (["2 ans et 3 mois", "1 an"], [27 * 365.25 * 7200, 365.25 * 86400]),
    ],
)
def test_times_and_parts_of_years(texts, expected):
    assert order(texts).values == pytest.approx(expected)


DOUBTFUL = [
    (["1,234", "334"], 'decimal = "."', {"decimal": "."}, [1234, 334]),
    (["1,234", "334"], 'decimal = ","', {"decimal": ","}, [1.234, 334]),
    (["1,234", "334"], 'decimal = "."', {"thousands": ","}, [1234, 334]),
    (["9.209", "334"], 'decimal = ","', {"thousands": "."}, [9209, 334]),
    (["9.209", "334"], 'decimal = "."', {"decimal": "."}, [9.209, 334]),
    (["03/04/2025", "05/02/2025"], 'dates = "day first"', {"dates": "day first"}, [1, 0]),
    (["03/04/2025", "05/02/2025"], 'dates = "month first"', {"dates": "month first"}, [0, 1]),
    (["03/04/2025", "05/02/2025"], 'dates = "day first"', {"dates": "%d/%m/%Y"}, [1, 0]),
    (["03-04-05", "02-05-06"], 'dates = "year first"', {"dates": "year first"}, [1, 0]),
    (["03042025", "05022025"], 'dates = "month first"', {"dates": "month first"}, [0, 1]),
]


@pytest.mark.parametrize(("texts", "setting", "notation", "expected"), DOUBTFUL)
def test_where_two_readings_fit_nothing_is_guessed_and_the_setting_decides(texts, setting, notation, expected):
    open_question = order(texts)
    assert open_question.values is None and len(open_question.choices) > 1
    assert setting in open_question.doubt and "under [data]" in open_question.doubt
    decided = order(texts, **notation).values
    if "dates" in notation:
        assert np.argsort(np.argsort(decided)).tolist() == expected
    else:
        assert decided == pytest.approx(expected)


@pytest.mark.parametrize(
    "texts",
    [
        ["12 Main St", "3 Oak Ave"], ["ada", "alan"], ["a1b", "c2d"], ["256.1.1.1", "10.0.0.1x"], ["1.2.3", "1.10.rc"],
        ["$5", "\u20ac7"], ["12 kg", "3 m"], ["555-1234", "123-0000", "555-1111"], ["2024-02-03", "03.02.2024"],
        ["2024-02-30", "2024-02-28"], ["12:30", "1:02:03"], ["2024-02-03 25:00", "2024-02-03 20:00"],
        ["2024-02-03 20:00 XYZ"], ["1,5", "2.5"],
        ["1,2345", "1.5"], ["12", "14 kg", "15 kg"],
    ],
)  # fmt: skip
def test_what_fits_no_reading_has_no_order(texts):
    assert order(texts).values is None and not order(texts).choices


def test_a_few_words_among_numbers_stand_before_them():
    assert order(["33.5", "#DIV/0!", "7.5", "8.5"]).worded
    texts = ["33,41", "n/a", "12,5", "unknown", "7,25", None]
    read = order(texts)
    assert read.worded and np.isnan(read.values[-1])
    assert read.values[[0, 2, 4]] == pytest.approx([33.41, 12.5, 7.25])
    assert read.values[1] < read.values[3] < 7
    assert order([f"{word} x" for word in "abcdefgh"] + ["5"]).values is None


@pytest.mark.parametrize(
    ("notation", "message"),
    [
        ({"decimal": ";"}, "decimal must be one of"),
        ({"thousands": "x"}, "thousands must be one of"),
        ({"dates": "dayfirst"}, "did you mean 'day first'"),
        ({"decimal": ",", "thousands": ","}, "must be different characters"),
    ],
)
def test_settings_that_make_no_sense(notation, message):
    with pytest.raises(DataError, match=message):
        Notation(**notation)


@given(some.lists(some.integers(-(10**9), 10**9), min_size=2, unique=True), some.sampled_from([".", " ", "'"]))
def test_a_comma_for_decimals_is_read_back_whatever_parts_the_thousands(cents, sign):
    texts = [f"{cent / 100:,.2f}".translate(str.maketrans({",": sign, ".": ","})) for cent in cents]
    assert order(texts).values == pytest.approx([cent / 100 for cent in cents])


@given(some.lists(some.datetimes(datetime.datetime(1900, 1, 1), datetime.datetime(2100, 1, 1)), min_size=1))
def test_dates_keep_their_order(moments):
    for form in ("%Y-%m-%d %H:%M:%S", "%d %B %Y %H:%M:%S"):
        values = order([moment.strftime(form) for moment in moments]).values
        known = [moment.replace(microsecond=0) for moment in moments]
        assert [(a < b) for a in values for b in values] == [(a < b) for a in known for b in known]


@given(some.lists(some.text(string.printable + "\u00bd\u0661\u20ac\u2212", max_size=12), min_size=1, max_size=8))
def test_no_text_ends_in_an_error(texts):
    read = order(texts)
    assert read.values is None or len(read.values) == len(texts)
