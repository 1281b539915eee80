# Administration: det som bara serverns sidor säger.

admin-rooms = Administration
admin-condition = Läge
admin-accounts = Konton
admin-organisations = Organisationer
admin-switches = Reglage
admin-letters = Mejl
admin-lede = Hur den här instansen mår just nu. Ingen här kan läsa eller öppna det andra har delat.
admin-heading-well = Allt är väl
admin-heading-full = Det finns inte plats för mer
admin-heading-dead = { $count ->
    [one] Ett mejl kunde inte skickas
   *[other] { $count } mejl kunde inte skickas
}
admin-version = Version
admin-room = Upptagen plats
admin-disk = Kvar på disken
admin-mail = Mejl
admin-mail-yes = Skickas
admin-mail-no = Är inte inställt
admin-dead = Mejl som inte gick iväg
admin-stretching = Lösenfraser som prövas
admin-accounts-heading = { $count ->
    [one] Ett konto
   *[other] { $count } konton
}
admin-accounts-lede = Vilka som får logga in. Att du har tittat står i granskningsloggen.
admin-address = Adress
admin-role = Roll
admin-role-yes = Administratör
admin-role-no = Medlem
admin-suspended = Avstängt
admin-since = Sedan
admin-seen = Senast använt
admin-never-seen = Aldrig
admin-suspend = Stäng av
admin-resume = Släpp in igen
admin-last = Det är den sista administratören: ingen skulle sköta instansen.
admin-organisations-heading = { $count ->
    [0] Ingen organisation än
    [one] En organisation
   *[other] { $count } organisationer
}
admin-organisations-lede = Människor som delar regler, nycklar och en logg. Att du har tittat står i granskningsloggen.
admin-name = Namn
admin-members = Medlemmar
admin-none = Ingen har skapat någon än
admin-none-text = En organisation skapas under Organisationer, av den som reglaget tillåter.
admin-switches-heading = Vad den här instansen tillåter
admin-switches-lede = Varje reglage står för sig. Det gäller genast här, och inom en sekund på varje annan nod.
switch-creating = Vem som får dela
switch-creating-help = anybody, signed-in, members eller keys. Den som har en länk får öppna den i vilket fall som helst.
switch-networks = Nät som alltid får dela
switch-networks-help = Nät som 10.0.0.0/8, med kommatecken emellan; tomt för inga.
switch-organisations = Vem som får skapa organisationer
switch-organisations-help = administrators eller signed-in.
switch-sign-up = Vem som får skapa ett konto
switch-sign-up-help = closed, invitation, domain:example.org eller open.
switch-other = Ett annat reglage
switch-other-help = Se handboken.
switch-wrong = Det är inget av de värden som det kan ha.
switch-set = Ställ in
admin-letters-heading = { $count ->
    [0] Inget har misslyckats
    [one] Ett mejl kunde inte skickas
   *[other] { $count } mejl kunde inte skickas
}
admin-letters-lede = Mejl som väntar, och sådana som gavs upp. Länkar till hemligheter finns aldrig bland dem.
admin-letter = Mejl
admin-tried = Försök
admin-cause = Varför inte
admin-next = Nästa
admin-gave-up = Uppgivet
admin-retry = Försök igen
admin-drop = Släng
admin-no-letters = Inget mejl väntar
admin-no-letters-text = Det som skickas lämnar listan. Det som inte gick iväg står kvar tills någon tittar.
admin-test = Pröva om mejl fungerar
admin-test-to = Till
admin-test-send = Skicka ett prov
admin-test-sent = Mejlservern har tagit emot det.
admin-test-no-mail = Den här instansen skickar inga mejl: ställ in smtp och mail-from.
admin-test-failed = Mejlservern tog inte emot det. Loggen säger varför.
admin-no-address = Det är ingen adress.
