# Svenska, för sidorna som servern gör dem. Det som moduler säger medan de körs finns i sv.ftl.

## Överallt

brand = Sigill
skip = Hoppa till innehållet
foot-sealed = Förseglad i din webbläsare. Servern har aldrig nyckeln.
foot-delivered = Levererad med Sigill. Servern kan inte läsa hemligheten.
foot-practice = Goda vanor
foot-other-language = English
save = Spara
going-label = Hur långt det har kommit
loading-heading = Ett ögonblick
loading-late = Det tar längre tid än det borde. Ladda om sidan. Har du skrivit något, kopiera det först.
reload = Ladda om sidan
no-script-title = Sidan behöver JavaScript
no-script-text = Din webbläsare förseglar och öppnar hemligheter själv, så att servern aldrig ser dem. Utan JavaScript kan den inte det. Slå på det för den här sidan, eller använd programmet i en terminal:
insecure-title = Anslutningen är inte säker
insecure-text = Webbläsare förseglar och öppnar bara hemligheter på sidor som kommit över HTTPS, och det har inte den här. Inget har skickats. Be den som sköter servern att lägga den bakom HTTPS; handboken för drift berättar hur.

## Skapa

create-title = Dela en hemlighet
create-heading = Vad ska förbli hemligt?
create-label = Din hemlighet
create-placeholder = Skriv eller klistra in den här
create-make-password = Skapa lösenord
pass-copy = lösenfrasen
create-preview = Vad de får se
preview-help = Det här är en bild. Deras sida visar inget av hemligheten förrän de trycker på knappen.
offer-title = Användarnamn och lösenord tillsammans.
offer-text = Som namngivna fält kan de kopieras var för sig, och lösenordet är dolt tills någon ber om det.
field-label = Fältets namn
terms-label = Villkor
terms-more = mer
expiry-label = Försvinner efter
expiry-short-300 = 5 min
expiry-short-3600 = 1 tim
expiry-short-14400 = 4 tim
expiry-short-86400 = 1 dygn
expiry-short-259200 = 3 dygn
expiry-short-604800 = 7 dygn
expiry-short-2592000 = 30 dygn
expiry-exact = En annan tid
expiry-unit = Enhet
unit-minutes = minuter
unit-hours = timmar
unit-days = dygn
views-label = Kan öppnas
views-fewer = Färre
views-more = Fler
views-help = Varje öppning är en läsare. En felaktig lösenfras eller en förhandsvisning räknas inte.
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
generator-another = Ett annat

## Klar

done-link = Länken
done-apart = Länk och nyckel var för sig
done-apart-text = Skicka dem på olika vägar. Var för sig öppnar de ingenting.
done-address = Länken, med e-post eller chatt
done-key = Nyckeln, med sms eller i telefon
done-qr = QR-kod
done-qr-text = För någon i samma rum. Den innehåller både länk och nyckel, så lägg den inte i ett mejl.
done-qr-name = QR-kod för länken
done-qr-save = Spara bild
done-own = Pröva inte länken själv: då är en öppning förbrukad. Kvittot här nedanför visar vad som händer med den.
done-another = Skapa en till
copy-link = länken
copy-address = länken utan nyckel
copy-key = nyckeln

## Vad som har hänt

burn-now = Bränn nu

## Öppna

open-title = En hemlighet till dig
open-heading = Du har fått en hemlighet
open-lede = Den kan visas för dig en gång.
open-untouched = Ännu har inget hänt.
open-learn = Avsändaren får veta att den öppnades, om den kom fram och när. Inte vem du är.
open-learn-passphrase = Avsändaren får veta att den öppnades, om den kom fram, hur många lösenfraser som var fel och när. Inte vem du är.
open-unexpected = Väntar du inte på något? Stäng sidan, så förblir hemligheten förseglad.
open-passphrase = Lösenfras
open-passphrase-show = Visa det jag skriver
open-passphrase-help = Avsändaren har den. Den kommer på en annan väg än länken.
open-own-title = Det här är din egen länk.
open-own-text = Du skapade den i den här webbläsaren. Öppnar du den är en öppning förbrukad, och den som skulle ha den kan kanske inte öppna den.
open-own-anyway = Öppna den ändå
open-own-back = Låt den vara stängd
revealed-heading = Här är den
revealed-save = Spara som fil
revealed-wipe = tills sidan tömmer sig
revealed-longer = Fem minuter till
revealed-wipe-now = Jag har det, töm nu
wiped-heading = Sidan är tömd
wiped-lede = Inget av den finns kvar här. Saknar du något, be avsändaren om en ny länk.
gone-heading = Här finns inget kvar
gone-lede = Den har öppnats, bränts, låsts eller gått förlorad, eller så har tiden gått ut. Servern säger inte vilket.
gone-tell = Om du inte öppnade den, berätta det för avsändaren nu.
gone-tell-why = Någon annan kan ha gjort det, och då behöver det som stod i den bytas.
gone-check = Har du öppnat den själv, kanske på en annan enhet, är allt som det ska.
spent-heading = Den kom inte fram hel
spent-lede = Avsändaren valde att den får lämnas ut högst en gång. Den lämnades ut till den här sidan, det som kom fram går inte att öppna, och servern har inget kvar av den.
spent-tell = Berätta det för avsändaren.
spent-tell-why = Den kan delas på nytt. Ingen annan kan öppna den här.
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

## Kvitto

receipt-title = Kvitto
receipt-facts = Uppgifter

## Förseglad av servern

foot-server = Förseglad av servern, som har glömt nyckeln.
sealed-how-title = Servern har förseglat den här.
sealed-how = Den förseglades inte i avsändarens webbläsare. Servern har glömt nyckeln: den kan bara öppna med den här länken, när du trycker på knappen. I det ögonblicket ser den vad som finns i den.
sealed-learn = Avsändaren får veta att den öppnades och när. Inte vem du är.
sealed-learn-passphrase = Avsändaren får veta att den öppnades, hur många lösenfraser som var fel och när. Inte vem du är.
sealed-once = Den förstörs när den visas: bryts din anslutning just då är den förlorad.
sealed-needed = Skriv lösenfrasen först. Inget har gått förlorat.
sealed-busy = Servern har många lösenfraser att pröva. Inget har gått förlorat. Vänta en stund och försök igen.
sealed-shown = Servern har inget kvar av den. Spara det du behöver innan du lämnar sidan.
sealed-again = Gå tillbaka till meddelandet, kopiera hela länken och öppna den igen.
sealed-link = Den som har den kan öppna hemligheten, en gång. Pröva den inte själv: då är den förbrukad.
sealed-link-passphrase = Den som har den och kan lösenfrasen kan öppna hemligheten, en gång. Pröva den inte själv: då är den förbrukad.
sealed-created = Förseglad av servern, åt dig
sealed-lede-locked = För många felaktiga lösenfraser har prövats. Ingen kan öppna den längre. Bränn den och dela innehållet på nytt.
sealed-time-locked = Ingen kan öppna den längre
sealed-rejected = En felaktig lösenfras
receipt-kept = Kvittot försvinner
receipt-sealed-server = Servern. Den har glömt nyckeln och öppnar bara med länken.

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

## Besvär

trouble-title = Inte nu
trouble-method = Det går inte att göra här
trouble-method-lede = Sidan ombads om något som den inte gör. Inget har ändrats.
trouble-large = Det är för stort
trouble-large-lede = Mer skickades än servern tar emot. Inget har ändrats.
trouble-host = Servern har ett annat namn
trouble-host-lede = Den svarar inte under den adress som användes. Se efter att adressen stämmer, eller fråga den som gav dig den.
trouble-many = Lite långsammare, tack
trouble-many-lede = Många förfrågningar har kommit från ditt nät. Inget gick förlorat av den här. Vänta en stund och ladda sedan om sidan.
trouble-busy = Servern har mycket att göra
trouble-busy-lede = Den har mer att göra än den hinner på en gång. Inget gick förlorat av den här förfrågan. Vänta en stund och ladda sedan om sidan.
trouble-refused = Servern förstod inte
trouble-refused-lede = Något var fel med förfrågan. Inget har ändrats. Se efter att adressen stämmer, och försök igen.
trouble-broken = Något gick sönder på servern
trouble-broken-lede = Försök igen. Fortsätter det, berätta det för den som sköter servern.

## What is mailed to somebody

letter-subject = En hemlighet till dig från { $sender }
letter-heading = { $sender } har skickat en hemlighet till dig
letter-verb = Öppna hemligheten
letter-once = Den kan visas en gång, sedan är den borta. Länken leder till en sida som frågar innan den visar något.
letter-until = Den väntar till { $day } klockan { $time } UTC. Därefter kan ingen öppna den.
letter-passphrase = Du behöver en lösenfras också. Den får du på något annat sätt av den som har skickat hemligheten.
letter-unexpected = Om du inte väntade dig det här, öppna den inte. Fråga först { $sender }, på ett sätt som du redan känner till. Sidan ber aldrig om något av dina lösenord.
letter-foot = Mejlet skickades av { $host }, för att någon med ett konto där bad om det.
