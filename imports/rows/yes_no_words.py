"""Words for yes and no, by language, as people and shops write whether a product is active.

A word that means yes in one language and no in another is in none of them. Case, accents and the dot of an i make no
difference; see fold()."""

import unicodedata

# For each language the words for yes, then those for no: the answer, Excel's TRUE or FALSE, and the status of a product.
BY_LANGUAGE = {
    "English": (
        "true, t, yes, y, on, active, enabled, available, visible, published, online",
        "false, f, no, n, off, inactive, not active, disabled, unavailable, not available, hidden, unpublished, offline",
    ),
    # WooCommerce writes -1 for a draft.
    "numbers": ("1, 1.0", "0, 0.0, -1, -1.0"),
    "shops": ("publish", "draft, archived, private, pending, trash"),
    "German": (
        "ja, j, wahr, ein, aktiv, aktiviert, verfügbar, sichtbar, veröffentlicht",
        "nein, falsch, aus, inaktiv, nicht aktiv, deaktiviert, nicht verfügbar, unsichtbar, nicht sichtbar, versteckt, "
        "entwurf, archiviert",
    ),
    "French": (
        "oui, o, vrai, actif, active, activé, disponible, publié, visible, en ligne",
        "non, faux, inactif, inactive, désactivé, indisponible, non disponible, non publié, masqué, hors ligne, brouillon, "
        "archivé",
    ),
    "Spanish": (
        "sí, s, verdadero, activo, activado, habilitado, disponible, publicado, visible",
        "no, falso, inactivo, no activo, desactivado, deshabilitado, no disponible, no publicado, oculto, borrador, archivado",
    ),
    "Italian": (
        "sì, vero, attivo, attivato, abilitato, disponibile, pubblicato, visibile",
        "no, falso, inattivo, non attivo, disattivato, disabilitato, non disponibile, non pubblicato, nascosto, bozza, "
        "archiviato",
    ),
    "Portuguese": (
        "sim, verdadeiro, ativo, ativado, activo, habilitado, disponível, publicado, visível",
        "não, falso, inativo, inactivo, não ativo, desativado, desabilitado, indisponível, não publicado, oculto, rascunho, "
        "arquivado",
    ),
    "Dutch": (
        "ja, waar, aan, actief, ingeschakeld, beschikbaar, gepubliceerd, zichtbaar",
        "nee, onwaar, uit, inactief, niet actief, uitgeschakeld, niet beschikbaar, niet gepubliceerd, verborgen, "
        "onzichtbaar, concept, gearchiveerd",
    ),
    "Polish": (
        "tak, prawda, włączony, włączone, aktywny, aktywna, aktywne, dostępny, opublikowany, opublikowane, widoczny",
        "nie, fałsz, wyłączony, wyłączone, nieaktywny, nieaktywna, nieaktywne, niedostępny, nieopublikowany, ukryty, szkic",
    ),
    "Swedish": (
        "ja, sant, på, aktiv, aktiverad, tillgänglig, publicerad, synlig",
        "nej, falskt, av, inaktiv, ej aktiv, inaktiverad, ej tillgänglig, avpublicerad, dold, utkast, arkiverad",
    ),
    "Danish": (
        "ja, sand, sandt, aktiv, aktiveret, tilgængelig, udgivet, offentliggjort, synlig",
        "nej, falsk, inaktiv, ikke aktiv, deaktiveret, ikke tilgængelig, skjult, kladde, arkiveret",
    ),
    "Norwegian": (
        "ja, sann, sant, på, aktiv, aktivert, tilgjengelig, publisert, synlig",
        "nei, usann, usant, av, inaktiv, ikke aktiv, deaktivert, ikke tilgjengelig, skjult, utkast, kladd, arkivert",
    ),
    "Finnish": (
        "kyllä, tosi, päällä, aktiivinen, käytössä, saatavilla, julkaistu, näkyvissä",
        "ei, epätosi, pois, ei aktiivinen, epäaktiivinen, ei käytössä, ei saatavilla, piilotettu, luonnos, arkistoitu",
    ),
    "Czech": (
        "ano, pravda, zapnuto, aktivní, aktivováno, dostupné, dostupný, publikováno, zveřejněno, viditelné, viditelný",
        "ne, nepravda, vypnuto, neaktivní, nedostupné, nedostupný, nepublikováno, skryto, skryté, skrytý, koncept",
    ),
    "Russian": (
        "да, истина, правда, вкл, включен, включён, включено, активен, активный, активно, активна, доступен, опубликован, "
        "опубликовано, виден",
        "нет, ложь, выкл, выключен, выключено, отключен, отключён, отключено, неактивен, неактивный, не активен, неактивно, "
        "недоступен, не опубликован, не опубликовано, скрыт, скрыто, черновик",
    ),
    "Ukrainian": (
        "так, істина, правда, увімкнено, активний, активна, активно, доступний, опубліковано, опублікований",
        "ні, хибність, хиба, вимкнено, неактивний, неактивна, неактивно, недоступний, не опубліковано, приховано, чернетка",
    ),
    "Turkish": (
        "evet, doğru, açık, aktif, etkin, mevcut, yayında, yayınlandı, görünür",
        "hayır, yanlış, kapalı, pasif, aktif değil, etkin değil, devre dışı, yayında değil, gizli, taslak",
    ),
    "Japanese": (
        "はい, 真, 有効, 公開, 公開中, 表示, 販売中, オン",
        "いいえ, 偽, 無効, 非公開, 非表示, 下書き, オフ",
    ),
    "Chinese": (
        "是, 真, 对, 對, 有效, 启用, 啟用, 已启用, 已啟用, 激活, 上架, 已上架, 发布, 發布, 已发布, 已發布",
        "否, 假, 错, 錯, 无效, 禁用, 已禁用, 停用, 已停用, 未启用, 未啟用, 下架, 已下架, 未发布, 未發布, 草稿",
    ),
    "Korean": (
        "예, 네, 참, 활성, 활성화, 사용, 사용함, 공개, 게시됨, 판매중, 판매 중",
        "아니요, 아니오, 거짓, 비활성, 비활성화, 미사용, 사용안함, 사용 안 함, 비공개, 숨김, 초안, 임시 저장",
    ),
    "Hungarian": (
        "igen, igaz, bekapcsolva, aktív, engedélyezve, elérhető, közzétéve, látható",
        "nem, hamis, kikapcsolva, inaktív, nem aktív, letiltva, nem elérhető, rejtett, piszkozat, vázlat",
    ),
    "Romanian": (
        "da, adevărat, pornit, activ, activă, activat, disponibil, publicat, vizibil",
        "nu, fals, oprit, inactiv, inactivă, dezactivat, indisponibil, nepublicat, ascuns, ciornă",
    ),
    "Greek": (
        "ναι, αληθές, αληθής, ενεργό, ενεργός, ενεργοποιημένο, διαθέσιμο, δημοσιευμένο, ορατό",
        "όχι, ψευδές, ψευδής, ανενεργό, ανενεργός, μη ενεργό, απενεργοποιημένο, μη διαθέσιμο, κρυφό, πρόχειρο",
    ),
}
# Letters that have no accent to remove: a Turkish i without its dot, a Polish l and a Danish o with a stroke.
BASE_LETTERS = str.maketrans("ıłø", "ilo")
# No word is longer, however its letters are composed.
MAX_CHARACTERS = 64


def fold(word: str) -> str:
    """The word without case and accents."""
    letters = unicodedata.normalize("NFD", word.casefold().translate(BASE_LETTERS))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def words_of(meaning: bool) -> frozenset[str]:
    """The words for yes (True) or for no (False) of all languages."""
    return frozenset(
        word for yes, no in BY_LANGUAGE.values() for word in (yes if meaning else no).split(", ")
    )


YES, NO = words_of(True), words_of(False)
# As they are mostly written, so that few words need fold().
AS_WRITTEN = {
    way(word): word in YES for word in YES | NO for way in (str, str.lower, str.upper, str.title, fold)
}


def meaning(word: str) -> bool | None:
    """True for yes, False for no, None for anything else."""
    return AS_WRITTEN.get(fold(word)) if len(word) <= MAX_CHARACTERS else None
