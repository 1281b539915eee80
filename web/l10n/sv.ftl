# Svenska. Varje mening ska kunna läsas upp för någon som aldrig har hört talas om detta.

## Överallt

brand = Sigill
skip = Hoppa till innehållet
foot-sealed = Förseglad i din webbläsare. Servern har aldrig nyckeln.
foot-delivered = Levererad med Sigill. Servern kan inte läsa hemligheten.
foot-practice = Goda vanor
foot-other-language = English
copy = Kopiera
copied = Kopierad
copy-failed = Markera och kopiera för hand
save = Spara
show = Visa
hide = Dölj
try-again = Försök igen
loading-heading = Ett ögonblick
loading-late = Det tar längre tid än det borde. Ladda om sidan: inget går förlorat av det.
no-script-title = Sidan behöver JavaScript
no-script-text = Din webbläsare förseglar och öppnar hemligheter själv, så att servern aldrig ser dem. Utan JavaScript kan den inte det. Slå på det för den här sidan, eller använd programmet i en terminal:
insecure-title = Anslutningen är inte säker
insecure-text = Webbläsare förseglar och öppnar bara hemligheter på sidor som kommit över HTTPS, och det har inte den här. Inget har skickats. Be den som sköter servern att lägga den bakom HTTPS; handboken för drift berättar hur.

## Skapa

create-title = Dela en hemlighet
create-heading = Vad ska förbli hemligt?
create-lede = Det förseglas här, innan det lämnar din dator. { $count ->
    [one] Den som får länken kan öppna det en gång.
   *[other] Den som får länken kan öppna det, sammanlagt { $count } gånger.
}
create-label = Din hemlighet
create-placeholder = Skriv eller klistra in den här
create-fields = Namngivna fält
create-text = En enda text
create-make-password = Skapa lösenord
create-preview = Vad de får se
preview-close = Stäng
preview-help = Det här är en bild. Deras sida visar inget av hemligheten förrän de trycker på knappen.
create-verb = Skapa länk
create-working = Förseglar
create-keys = { $mac ->
    [yes] Cmd
   *[no] Ctrl
}
offer-title = Användarnamn och lösenord tillsammans.
offer-text = Som namngivna fält kan de kopieras var för sig, och lösenordet är dolt tills någon ber om det.
offer-accept = Gör om till fält
offer-decline = Låt det vara
field-user = Användarnamn
field-password = Lösenord
field-address = Adress
field-note = Anteckning
field-other = Något annat
field-label = Fältets namn
field-add = Lägg till ett fält
field-remove = Ta bort { $name }
terms-label = Villkor
terms-views = { $count ->
    [one] Öppnas en gång
   *[other] Öppnas { $count } gånger
}
terms-for = inom { $duration }
terms-passphrase = { $set ->
    [yes] med lösenfras
   *[no] utan lösenfras
}
terms-more = mer
minutes = { $count ->
    [one] { $count } minut
   *[other] { $count } minuter
}
hours = { $count ->
    [one] { $count } timme
   *[other] { $count } timmar
}
days = { $count ->
    [one] { $count } dygn
   *[other] { $count } dygn
}
seconds = { $count ->
    [one] { $count } sekund
   *[other] { $count } sekunder
}
until-today = { $time } i dag
until-tomorrow = { $time } i morgon
expiry-label = Försvinner efter
expiry-short-300 = 5 min
expiry-short-3600 = 1 tim
expiry-short-14400 = 4 tim
expiry-short-86400 = 1 dygn
expiry-short-259200 = 3 dygn
expiry-short-604800 = 7 dygn
expiry-short-2592000 = 30 dygn
expiry-until = Till { $time }.
expiry-help-300 = Räcker för någon som du har i telefonen.
expiry-help-3600 = Räcker för någon som väntar på det.
expiry-help-14400 = Räcker för någon som sitter vid sitt skrivbord.
expiry-help-86400 = Räcker för någon som läser sin e-post en gång om dagen.
expiry-help-259200 = Räcker över en helg.
expiry-help-604800 = Länge. Välj det för någon som är bortrest.
expiry-help-2592000 = Mycket länge. Ju kortare en hemlighet lever, desto mindre kan hända den.
expiry-help-other = Därefter kan ingen öppna den, och inget finns kvar att hitta.
expiry-exact = En annan tid
expiry-unit = Enhet
unit-minutes = minuter
unit-hours = timmar
unit-days = dygn
views-label = Kan öppnas
views-fewer = Färre
views-more = Fler
views-help = Varje öppning är en läsare. En felaktig lösenfras eller en förhandsvisning räknas inte.
views-times = { $count ->
    [one] gång
   *[other] gånger
}
pass-label = Lösenfras
pass-another = Föreslå en
pass-help = Säg den i telefon eller öga mot öga. Den visas aldrig bredvid länken.
pass-after = Efter så många felaktiga försök
pass-action = ska hemligheten
pass-lock = låsas tills du låser upp den
pass-burn = brännas
more-label = Leverans
strict-option = Leverera högst en gång
strict-help = Innehållet förstörs i samma stund som det lämnas ut. Går svaret förlorat på vägen är det borta. Annars har läsaren en minut på sig att försöka igen.
generator-label = Skapa ett lösenord
generator-characters = Tecken
generator-words = Ord
generator-length = Längd
generator-bits = Ungefär { $bits } bitar slump.
generator-another = Ett annat
generator-use = Använd det
error-empty = Det finns inget att försegla än. Skriv eller klistra in din hemlighet först.
error-label = Ge varje eget fält ett namn.
error-expiry = Välj en tid från { $min } till { $max }.
error-views = Välj ett antal från { $min } till { $max }.
error-tries = Välj ett antal försök från { $min } till { $max }.
error-passphrase-long = Lösenfrasen är för lång. Högst 1 024 byte.
error-too-large = Det här är för stort för servern. Högst { $size }.
error-offline = Servern kan inte nås. Inget har gått förlorat: din hemlighet finns kvar här. Försök igen.
error-busy = Servern ber dig vänta { $wait }. Din hemlighet finns kvar här.
error-full = Servern har inte plats för fler hemligheter just nu. Din hemlighet finns kvar här. Berätta det för den som sköter servern.
error-server = Något gick sönder på servern. Din hemlighet finns kvar här. Försök igen.
error-browser = Din webbläsare kunde inte försegla den. Inget har skickats, och din hemlighet finns kvar här. Försök med en annan webbläsare, eller med programmet i en terminal.
error-refused = Servern sade nej: { $detail }

## Klar

done-heading = { $copied ->
    [yes] Förseglad och kopierad
   *[no] Förseglad
}
done-lede = { $copied ->
    [yes] Länken ligger i ditt urklipp. Den { $opens }, fram till { $time }.
   *[no] Kopiera länken här nedanför. Den { $opens }, fram till { $time }.
}
done-opens = { $count ->
    [one] öppnas en gång
   *[other] öppnas { $count } gånger
}
done-link = Länken
done-apart = Länk och nyckel var för sig
done-apart-text = Skicka dem på olika vägar. Var för sig öppnar de ingenting.
done-address = Länken, med e-post eller chatt
done-key = Nyckeln, med sms eller i telefon
done-qr = QR-kod
done-qr-text = För någon i samma rum. Den innehåller både länk och nyckel, så lägg den inte i ett mejl.
done-qr-name = QR-kod för länken
done-qr-save = Spara bild
done-passphrase = Du har valt en lösenfras. Den står inte här: säg den i telefon eller öga mot öga.
done-own = Pröva inte länken själv: då är den förbrukad. Kvittot här nedanför visar vad som händer med den.
done-another = Skapa en till
done-keep = Spara kvittot
done-kept = Kvittots länk ligger i ditt urklipp
copy-link = länken
copy-address = länken utan nyckel
copy-key = nyckeln

## Vad som har hänt

time-heading = Vad som har hänt
time-live = Följs nu
time-created = Förseglad av dig
time-opened = Öppnad av någon med länken
time-delivered = Den kom fram
time-delivery-unconfirmed = Leveransen bekräftades inte
time-passphrase-rejected = En felaktig lösenfras, från någon med länken
time-locked = Låst efter för många felaktiga lösenfraser
time-unlocked = Upplåst av dig
time-burned = { $actor ->
    [system] Bränd efter för många felaktiga lösenfraser
   *[other] Bränd av dig
}
time-expired = Tiden gick ut. Ingen kan öppna den längre
time-integrity-failure = Servern kunde inte öppna sin egen kopia. Inget har gått förlorat
time-waiting = Väntar på att öppnas
time-waiting-locked = Väntar på att du låser upp den
time-waiting-until = till { $time }
time-views-left = { $count ->
    [one] En öppning återstår
   *[other] { $count } öppningar återstår
}
burn-now = Bränn nu
burn-sure = Bränna den? Ingen kommer att kunna öppna den, och det går inte att ångra.
burn-yes = Ja, bränn den
burn-no = Behåll den
burn-won = Bränd. Ingen kan öppna den längre.
burn-lost-opened = För sent: den var redan öppnad. Byt det som den skyddade.
burn-lost-expired = Tiden hade redan gått ut. Ingen kan öppna den.
unlock = Lås upp
unlock-done = Upplåst. Den väntar igen.
unlock-not-locked = Den var inte låst.

## Öppna

open-title = En hemlighet till dig
open-heading = Du har fått en hemlighet
open-lede = Den kan visas en gång. Ännu har inget hänt.
open-verb = Visa hemligheten
open-working = Öppnar
open-learn = Avsändaren får veta att den öppnades, om den kom fram och när. Inte vem du är.
open-learn-passphrase = Avsändaren får veta att den öppnades, om den kom fram, hur många lösenfraser som var fel och när. Inte vem du är.
open-unexpected = Väntar du inte på något? Stäng sidan, så förblir hemligheten förseglad.
open-passphrase = Lösenfras
open-passphrase-show = Visa det jag skriver
open-passphrase-help = Avsändaren har den. Den kommer på en annan väg än länken.
open-wrong-left = { $count ->
    [0] Det stämde inte. Inget har gått förlorat. Just nu finns inga försök kvar: fråga avsändaren.
    [one] Det stämde inte. Inget har gått förlorat. Ett försök kvar. Stora bokstäver och mellanslag räknas.
   *[other] Det stämde inte. Inget har gått förlorat. { $count } försök kvar. Stora bokstäver och mellanslag räknas.
}
open-wait = För många försök. Inget har gått förlorat. Försök igen om { $wait }.
open-own-title = Det här är din egen länk.
open-own-text = Du skapade den i den här webbläsaren. Öppnar du den är den förbrukad, och den som skulle ha den kan inte öppna den.
open-own-anyway = Öppna den ändå
open-own-back = Låt den vara stängd
revealed-heading = Här är den
revealed-lede = Du öppnade den klockan { $time }. Spara det du behöver: sidan glömmer det.
revealed-text = Så här står det
revealed-save = Spara som fil
revealed-files = { $count ->
    [one] Fil
   *[other] Filer
}
revealed-wipe = tills sidan tömmer sig
revealed-wipe-soon = Om mindre än en minut tömmer sig sidan.
revealed-longer = Fem minuter till
revealed-wipe-now = Jag har det, töm nu
wiped-heading = Sidan är tömd
wiped-lede = Inget av den finns kvar här. Saknar du något, be avsändaren om en ny länk.
gone-heading = Här finns inget kvar
gone-lede = Den har öppnats, bränts eller låsts, eller så har tiden gått ut. Servern säger inte vilket.
gone-tell = Om du inte öppnade den, berätta det för avsändaren nu.
gone-tell-why = Någon annan kan ha gjort det, och då behöver det som stod i den bytas.
gone-check = Har du öppnat den själv, kanske på en annan enhet, är allt som det ska.
incomplete-cut = Slutet av länken saknas
incomplete-cut-why = Vissa mejl- och chattprogram klipper av långa länkar. Inget har gått förlorat: sidan har inte öppnat något.
incomplete-missing = Nyckeln saknas
incomplete-missing-why = Den är delen efter #, och utan den öppnas ingenting. Inget har gått förlorat: sidan har inte öppnat något.
incomplete-mistyped = Ett tecken är fel
incomplete-mistyped-why = Länken är inte den som skapades. Inget har gått förlorat: sidan har inte öppnat något.
incomplete-version = Länken är nyare än servern
incomplete-version-why = Den är gjord av ett nyare program. Inget har gått förlorat. Berätta det för avsändaren, eller för den som sköter servern.
incomplete-arrived = Det som kom fram
incomplete-hole = resten saknas
incomplete-paste = Gå tillbaka till meddelandet, kopiera hela länken och klistra in den här
incomplete-paste-help = Kom nyckeln i ett annat meddelande? Klistra då in bara nyckeln.
incomplete-still = Det är inte heller hela länken. Kopiera den från första till sista tecknet.
incomplete-verb = Fortsätt
incomplete-noticed = Sidan märkte det själv. Servern har inte tillfrågats.
failed-offline = Servern kan inte nås. Inget har gått förlorat. Försök igen.
failed-busy = Servern ber dig vänta { $wait }. Inget har gått förlorat.
failed-server = Något gick sönder på servern. Inget har gått förlorat. Försök igen.
failed-undecryptable = Servern kan inte öppna sin egen kopia just nu. Inget har gått förlorat. Berätta det för den som sköter servern, och försök igen senare.
failed-damaged = Det som kom fram var skadat. Ännu har inget gått förlorat: försök igen nu.
failed-browser = Din webbläsare kunde inte öppna den. Inget har gått förlorat. Försök med en annan webbläsare, eller med programmet i en terminal.

## Kvitto

receipt-title = Kvitto
receipt-heading-waiting = { $taken ->
    [0] Den väntar, oöppnad
   *[other] Den väntar på nästa läsare
}
receipt-heading-locked = Den är låst
receipt-heading-delivering = Den lämnas ut just nu
receipt-heading-opened = Den har öppnats
receipt-heading-burned = Den har bränts
receipt-heading-expired = { $taken ->
    [0] Den gick ut, oöppnad
   *[other] Tiden har gått ut
}
receipt-lede-waiting = Ingen har öppnat den än. Den väntar till { $time }.
receipt-lede-partly = { $left ->
    [one] En öppning återstår, till { $time }.
   *[other] { $left } öppningar återstår, till { $time }.
}
receipt-lede-locked = För många felaktiga lösenfraser har prövats. Var det din läsare, lås upp den; annars, bränn den.
receipt-lede-delivering = Någon med länken har vunnit den sista öppningen och hämtar den.
receipt-lede-opened = Var det inte din läsare, byt genast det som den skyddade.
receipt-lede-burned = Ingen kan öppna den längre, och inget finns kvar att hitta.
receipt-lede-expired = { $taken ->
    [0] Ingen öppnade den i tid. Inget finns kvar att hitta.
   *[other] Ingen kan öppna den längre, och inget finns kvar att hitta.
}
receipt-heading-gone = Inget sådant kvitto
receipt-lede-gone = Kvittots länk är inte hel, eller så är kvittot äldre än servern sparar dem.
receipt-heading-unknown = Det är inte känt än vad som har hänt
receipt-lede-unknown = Kvittot är tryggt. Det är bara svaret som saknas.
receipt-facts = Uppgifter
receipt-ref = Referens
receipt-created = Skapad
receipt-expires = Försvinner
receipt-views = Öppningar
receipt-views-value = { $taken } av { $views } använda
receipt-passphrase = Lösenfras
receipt-passphrase-yes = Ja. Hittills { $failed } av { $limit } felaktiga försök
receipt-passphrase-no = Nej
receipt-sealed = Förseglad av
receipt-sealed-sender = Din webbläsare eller terminal. Servern har aldrig haft nyckeln.

## Goda vanor

practice-title = Goda vanor
practice-heading = Goda vanor
practice-lede = Åtta vanor som gör en delad hemlighet säker. Var och en tar mindre än en minut.
practice-1 = Låt den leva så kort den kan
practice-1-text = En timme räcker för någon som väntar. Det som har försvunnit kan ingen hitta, någonsin.
practice-2 = Lägg till en lösenfras när det är viktigt
practice-2-text = Lösenfrasen blir en del av nyckeln. Den som hittar länken utan den har ingenting, och gissningarna tar slut.
practice-3 = Skicka de två halvorna på två vägar
practice-3-text = Länken med e-post och lösenfrasen i telefon, eller länk och nyckel var för sig. Ett stulet meddelande öppnar då ingenting.
practice-4 = Var säker på vem som frågar
practice-4-text = Ett meddelande som ber om ett lösenord kanske inte kommer från den det säger. Ring upp på ett nummer du redan hade.
practice-5 = Håll isär användarnamn och lösenord
practice-5-text = Ett lösenord för sig säger inte mycket. Namngivna fält hjälper läsaren att kopiera rätt; två länkar håller dem isär.
practice-6 = Titta på kvittot
practice-6-text = Det visar när hemligheten öppnades. Var det inte din läsare, byt lösenordet genast.
practice-7 = Bränn det som inte behövs längre
practice-7-text = Fel adress, ändrade planer, en känsla: bränn den. Det tar ett klick och är slutgiltigt.
practice-8 = Byt det efteråt
practice-8-text = Ett lösenord som har lämnats över har varit känt av två. Där det går bör läsaren välja ett nytt.
practice-readers = Om du har fått en länk
practice-readers-text = Se på adressen innan du öppnar den, och öppna den bara på en egen enhet. Spara det du behöver: det visas en gång. Står det att den har öppnats och det inte var du, berätta det genast för avsändaren.

## Hittades inte

missing-title = Inget här
missing-heading = Här finns ingenting
missing-lede = Adressen kan vara felskriven. Hemligheter har egna länkar, med en lång nyckel på slutet.
missing-verb = Dela en hemlighet
