"""Which language a text is in."""

import pytest

from uptake.authoring.brief import data
from uptake.authoring.language import another_language, count_words

TEXTS = {
    "en": "The keeper of the light went down to the harbour in the morning and said that the lamp was not to be lit "
          "before they had heard from the boat.",
    "de": "Der Wärter ging am Morgen zum Hafen und sagte, dass die Lampe nicht vor dem Abend brennen soll, weil das "
          "Schiff noch nicht da war und er mit den anderen auf eine Nachricht wartete.",
    "fr": "Le gardien est descendu au port le matin et il a dit que la lampe ne devait pas être allumée avant le "
          "soir, parce que le bateau n'était pas dans la rade et que les autres attendaient une lettre.",
    "es": "El guardián bajó al puerto por la mañana y dijo que la lámpara no se debía encender antes de la noche, "
          "porque el barco no estaba en la bahía y los otros esperaban una carta con las noticias.",
    "pt": "O guarda desceu ao porto de manhã e disse que a lâmpada não devia ser acesa antes da noite, porque o "
          "barco não estava na baía e os outros esperavam uma carta com as notícias do dia.",
    "it": "Il guardiano scese al porto la mattina e disse che la lampada non doveva essere accesa prima di sera, "
          "perché la barca non era nella baia e gli altri aspettavano una lettera con le notizie del giorno.",
    "nl": "De wachter ging in de ochtend naar de haven en zei dat de lamp niet voor de avond aan mocht, omdat het "
          "schip er nog niet was en zij met de anderen op een bericht van de stad wachtten.",
    "pl": "Strażnik zszedł rano do portu i powiedział, że lampa nie może się palić przed wieczorem, bo statek nie "
          "był w zatoce, a inni czekali na list z miasta i na to, co się stało.",
    "fi": "Vartija meni aamulla satamaan ja sanoi, että lamppu ei saa palaa ennen iltaa, koska laiva ei ollut vielä "
          "lahdella ja muut odottivat kirjettä, joka oli jo matkalla, mutta hän ei ole nyt siellä.",
    "ru": "Смотритель утром спустился в гавань и сказал, что лампу нельзя зажигать до вечера, потому что корабль не "
          "пришёл.",
    "ja": "灯台守は朝、港へ下りて、船がまだ湾に入っていないので、夕方までランプをともしてはいけないと言った。",
    "zh": "看守早上下到港口,说船还没有进港,所以天黑以前不能点灯,其他的人都在等城里的信。",
    "el": "Ο φύλακας κατέβηκε το πρωί στο λιμάνι και είπε ότι η λάμπα δεν πρέπει να ανάψει πριν από το βράδυ.",
    "ar": "نزل الحارس في الصباح إلى الميناء وقال إن المصباح لا يجب أن يضاء قبل المساء لأن السفينة لم تصل بعد.",
}


@pytest.mark.parametrize("language", TEXTS)
def test_a_text_in_its_language_is_not_another(language):
    assert another_language(TEXTS[language], language) == ""


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("asked", ["en", "de", "es", "ru", "ja", "zh"])
def test_a_text_in_another_language_is_told(language, asked):
    if language != asked:
        assert another_language(TEXTS[language], asked) == data("languages")[language]["name"]


def test_a_few_words_are_never_another_language():
    assert another_language("Der Wärter ging zum Hafen.", "en") == ""


def test_what_is_no_language_is_told():
    assert another_language("blor vint kassep " * 10, "en") == "no language that is known"


def test_words_are_counted_at_spaces_or_by_characters():
    assert count_words("The keeper of the light", "en") == 5
    assert count_words("看守早上下到港口", "zh") == 4
