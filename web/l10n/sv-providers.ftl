# Identities at providers: what only the pages of the server say.
provider-continue = Fortsätt med { $provider }

## På väg dit

provider-going-title = Till { $provider }
provider-going = Du är på väg till { $provider }
provider-going-lede = De frågar vem du är och skickar dig tillbaka hit. Det du delar får de aldrig se.
provider-go = Gå vidare till { $provider }

## Tillbaka igen

provider-back-title = Välkommen tillbaka
provider-on = Fortsätt
provider-back = Ett klick, så är du inne
provider-back-lede = Du har visat vem du är. Ännu har inget hänt här.
provider-back-go = Logga in
provider-confirm-title = Bekräfta att det är du
provider-confirm = Ett klick bekräftar det
provider-confirm-lede = Du har visat en gång till vem du är. Ännu har inget hänt här.
provider-confirm-go = Bekräfta
provider-add-title = Lägg till ett sätt att logga in
provider-add = Lägga till det här sättet att logga in?
provider-add-lede = Sedan kan den som kan logga in som du där också logga in som du här.
provider-add-go = Lägg till

## När det inte blev något

provider-not-in-title = Inte inloggad
provider-lost = Inget har gått förlorat. Alla andra sätt att logga in fungerar som förut.
provider-lost-go = Tillbaka till inloggningen
provider-turned = Du blev inte insläppt
provider-turned-lede = Leverantören har skickat tillbaka dig utan att säga vem du är. Kanske ångrade du dig, eller så får du inte använda den här tjänsten där.
provider-over = Den här inloggningen är över
provider-over-lede = Den började i en annan webbläsare, är redan klar eller tog mer än tio minuter. Börja om från början.
provider-unknown = Inget konto öppnas med det här
provider-unknown-lede = Du är känd där, men inte här. Har du ett konto, så logga in som vanligt och lägg till det här sättet på din kontosida. Fråga annars den som sköter tjänsten.
provider-address = Din adress är inte bekräftad där
provider-address-lede = Leverantören går inte i god för någon e-postadress som är din. Bekräfta den där, eller fråga den som sköter ditt konto där.
provider-away-lede = Det kanske går igen om några minuter.
provider-away = Leverantören svarar inte
provider-unfit = Leverantören gick inte att förstå
provider-unfit-lede = Det den säger om dig gick inte att bevisa, så det räknas inte. Händer det igen, så säg till den som sköter tjänsten.
provider-stale = Visa en gång till vem du är där
provider-stale-lede = Leverantören säger inte att du har loggat in där alldeles nyss, så den bekräftar ingenting. Bekräfta att det är du på ett annat sätt.
provider-taken = Det här är redan någons
provider-taken-lede = Den identiteten öppnar redan ett konto här, ditt eller någon annans. Den kan bara öppna ett.
provider-gone = Den här leverantören finns inte kvar
provider-gone-lede = Den som sköter tjänsten har tagit bort den.

## På kontots sida

identities-title = Identiteter hos leverantörer
identities-text = Den som kan logga in där som du kan logga in här som du.
identities-where = Leverantör
identities-remove = Ta bort
identities-last = Ingen skulle kunna logga in utan den. Lägg först till ett lösenord eller en lösennyckel.
