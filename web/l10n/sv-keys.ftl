# API-nycklar: det som bara serverns sidor säger.

keys-heading = { $count ->
    [0] Ingen nyckel än
    [one] En nyckel gäller
   *[other] { $count } nycklar gäller
}
keys-lede = Ge varje program en egen nyckel, med så lite i den som programmet behöver. En nyckel visas en gång och sparas bara som ett hashvärde.
keys-make = Skapa en nyckel
keys-none = Inget program frågar för dig än
keys-none-text = Med en nyckel kan ett skript eller en tjänst dela, följa eller bränna åt dig, utan ditt lösenord och inom de gränser du sätter.
keys-soon = { $name } upphör snart. Byt den nu: båda nycklarna fungerar tills den gamla upphör.
keys-key = Nyckel
keys-may = Får
keys-from = Bara från
keys-used = Senast använd
keys-ends = Upphör
keys-look = Byt eller dra in
keys-unnamed = En nyckel utan namn
keys-anywhere = Alla nät
keys-unused = Aldrig
keys-revoked = Indragen
keys-expired = Upphörd
keys-never-ends = Aldrig
keys-leaked = Om en nyckel har läckt
keys-leaked-text = Dra in den. Den är värdelös från och med nästa anrop, på varje nod. Den som hittar en nyckel kan också skicka den till /v1/keys/report: då kan ingen använda den längre.
keys-new-heading = En ny nyckel
keys-new-lede = Den kan det du kryssar i här och inget annat.
keys-label = Namn
keys-label-help = Vilket program som har den, och var. Under det namnet hittar du den igen.
keys-label-wrong = Ett namn har 1 till 64 tecken på en rad.
keys-may-question = Vad får den göra?
keys-no-scope = Kryssa i minst en sak som nyckeln får göra.
keys-many = Du har 100 nycklar, och fler får man inte ha. Dra in dem som inget program använder.
keys-how-long = Hur länge?
keys-days = { $count ->
    [one] En dag
   *[other] { $count } dagar
}
keys-networks = Bara från dessa nät
keys-networks-help = Adresser som 192.0.2.7, eller nät som 192.0.2.0/24. Tomt: varifrån som helst.
keys-networks-wrong = Skriv adresser, eller nät som 192.0.2.0/24, med mellanslag emellan; högst 64.
keys-per-minute = Anrop per minut
keys-per-minute-help = Tomt: så många som vem som helst får göra.
keys-per-minute-wrong = Skriv ett tal från 1 till 6000, eller lämna tomt.
keys-back = Tillbaka
keys-shown-heading = Här är nyckeln
keys-shown-lede = Det är enda gången den visas. Lägg den där programmet har sina hemligheter, och ingen annanstans.
keys-shown-help = Den som har den handlar i ditt namn. Lägg den inte i kod, ett ärende eller en chatt.
keys-shown-done = Jag har lagt undan den
keys-reference = Beteckning
keys-made = Skapad
keys-rotate = Byt
keys-rotate-text = En ny nyckel som får göra detsamma fungerar genast. Den gamla upphör efter den tid du väljer, så att inget står still.
keys-overlap = Den gamla nyckeln gäller
keys-overlap-none = Ingen tid: den upphör nu
keys-overlap-hour = En timme till
keys-overlap-days = { $count ->
    [one] Ett dygn till
   *[other] { $count } dygn till
}
keys-rotate-verb = Skapa den nya nyckeln
keys-revoke = Dra in
keys-revoke-text = Den är värdelös från och med nästa anrop. Det går inte att ångra.
keys-revoke-verb = Dra in den här nyckeln
scope-secrets-create = Dela hemligheter.
scope-secrets-open = Öppna hemligheter vars länk den har.
scope-secrets-burn = Bränna hemligheter som du har delat.
scope-receipts-read = Följa det du har delat, och lista det.
scope-account-read = Läsa vad som är känt om ditt konto.
scope-members-manage = Bjuda in och ta bort medlemmar i en organisation.
scope-domains-manage = Lägga till, styrka och ta bort domäner.
scope-audit-read = Läsa granskningsloggen.
scope-keys-manage = Skapa, byta och dra in nycklar, ingen vidare än den själv.
scope-incident-act = Frysa, bränna och dra in när något har gått fel.

## Ett program på en annan dator

device-title = Logga in ett program
device-heading = Logga in ett program
device-code = Kod
device-code-help = De åtta bokstäverna som programmet visar, till exempel i din terminal.
device-look = Fortsätt
device-unknown = Det finns ingen sådan kod, eller så har dess tio minuter gått. Börja om i programmet.
device-too-often = Det har försökts för ofta. Vänta en minut.
device-permitted = Det är inloggat. Programmet fortsätter av sig självt; dess nyckel finns i din lista.
device-refused = Det nekades och får ingenting.
device-question = Ska det här programmet handla åt dig?
device-warning = Tillåt det bara om du själv just har startat det. Den som har skickat dig koden i mejl eller chatt vill handla i ditt namn.
device-says = Det kallar sig
device-from = Det frågar från
device-since = Sedan
device-permit = Tillåt
device-refuse = Neka
