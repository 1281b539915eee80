# Svenska. Varje mening ska kunna läsas upp för någon som aldrig har hört talas om detta.

## Överallt

copy = Kopiera
copied = Kopierad
copy-failed = Markera och kopiera för hand
show = Visa
hide = Dölj
try-again = Försök igen
going-part = { $part } %
going-line = { $part } %, { $speed }/s, ungefär { $left } kvar
going-waits = { $part } %, väntar på anslutningen

## Skapa

create-lede = Det förseglas här, innan det lämnar din dator. { $count ->
    [one] Den som får länken kan öppna det en gång.
   *[other] Den som får länken kan öppna det, sammanlagt { $count } gånger.
}
create-fields = Namngivna fält
create-text = En enda text
preview-close = Stäng
create-verb = Skapa länk
create-working = Förseglar
create-on = Fortsätt
create-keys = { $mac ->
    [yes] Cmd
   *[no] Ctrl
}
offer-accept = Gör om till fält
offer-decline = Låt det vara
field-user = Användarnamn
field-password = Lösenord
field-address = Adress
field-note = Anteckning
field-other = Något annat
field-add = Lägg till ett fält
field-remove = Ta bort { $name }
terms-views = { $count ->
    [one] Öppnas en gång
   *[other] Öppnas { $count } gånger
}
terms-for = inom { $duration }
terms-passphrase = { $set ->
    [yes] med lösenfras
   *[no] utan lösenfras
}
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
expiry-until = Till { $time }.
expiry-help-300 = Räcker för någon som du har i telefonen.
expiry-help-3600 = Räcker för någon som väntar på det.
expiry-help-14400 = Räcker för någon som sitter vid sitt skrivbord.
expiry-help-86400 = Räcker för någon som läser sin e-post en gång om dagen.
expiry-help-259200 = Räcker över en helg.
expiry-help-604800 = Länge. Välj det för någon som är bortrest.
expiry-help-2592000 = Mycket länge. Ju kortare en hemlighet lever, desto mindre kan hända den.
expiry-help-other = Därefter kan ingen öppna den, och inget finns kvar att hitta.
views-times = { $count ->
    [one] gång
   *[other] gånger
}
generator-length = Längd
generator-bits = Ungefär { $bits } bitar slump.
generator-use = Använd det
error-empty = Det finns inget att försegla än. Skriv eller klistra in din hemlighet först.
error-label = Ge varje eget fält ett namn.
error-expiry = Välj en tid från { $min } till { $max }.
error-views = Välj ett antal från { $min } till { $max }.
error-tries = Välj ett antal försök från { $min } till { $max }.
error-passphrase-long = Lösenfrasen är för lång. Högst 1 024 byte.
error-too-large = Det här är för stort för servern. Högst { $size }.
error-offline = Servern kan inte nås. Inget har gått förlorat: din hemlighet finns kvar här. Försök igen.
error-lost = Anslutningen bröts. Inget har gått förlorat: uppladdningen kan fortsätta.
error-busy = Servern ber dig vänta { $wait }. Din hemlighet finns kvar här.
error-quota = För många hemligheter från ditt nätverk väntar här. Din hemlighet finns kvar här. Förstör några, eller vänta tills några har öppnats eller gått ut.
error-full = Servern har inte plats för fler hemligheter just nu. Din hemlighet finns kvar här. Berätta det för den som sköter servern.
error-server = Något gick sönder på servern. Din hemlighet finns kvar här. Försök igen.
error-browser = Din webbläsare kunde inte försegla den. Inget har skickats, och din hemlighet finns kvar här. Försök med en annan webbläsare, eller med programmet i en terminal.
error-refused = Servern godtog inte det här. Kopiera din hemlighet och ladda sedan om sidan: den kan vara äldre än servern.
error-files = Filer delas med programmet i en terminal: sigill share FIL. Inget på sidan har ändrats.
switch-sure = Det du har skrivit här går förlorat när sidan byter språk. Byta ändå?

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
done-passphrase = Du har valt en lösenfras. Den står inte här: säg den i telefon eller öga mot öga.
done-keep = Spara kvittot
done-kept = Kvittots länk ligger i ditt urklipp

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
time-passphrase-matched = Någon med länken kunde lösenfrasen, och har inte öppnat den
time-mail-sent = Länken har mejlats
time-mail-cancelled = Länken mejlades inte: hemligheten väntade inte längre
time-mail-failed = Länken kunde inte mejlas. Lämna över den på något annat sätt
time-lost = Servern återställdes utan dess nyckel. Ingen kan öppna den längre
time-expired = Tiden gick ut. Ingen kan öppna den längre
time-integrity-failure = Servern kunde inte öppna sin egen kopia. Inget har gått förlorat
time-waiting = Väntar på att öppnas
time-waiting-locked = Väntar på att du låser upp den
time-waiting-until = till { $time }
time-views-left = { $count ->
    [one] En öppning återstår
   *[other] { $count } öppningar återstår
}
burn-sure = Bränna den? Ingen kommer att kunna öppna den, och det går inte att ångra.
burn-yes = Ja, bränn den
burn-no = Behåll den
burn-won = Bränd. Ingen kan öppna den längre.
burn-lost-opened = För sent: den var redan öppnad. Byt det som den skyddade.
burn-lost-expired = Tiden hade redan gått ut. Ingen kan öppna den.
burn-lost-lost = Servern hade redan förlorat dess nyckel. Ingen kan öppna den.
act-offline = Inget svar kom, så det är inte känt om det blev gjort. Försök igen.
act-busy = Inget har gjorts: servern ber dig vänta { $wait }. Försök igen därefter.
act-server = Något gick sönder på servern, så det är inte känt om det blev gjort. Försök igen. Fortsätter det, berätta det för den som sköter servern.
unlock = Lås upp
unlock-done = Upplåst. Den väntar igen.
unlock-not-locked = Den var inte låst.

## Öppna

open-verb = Visa hemligheten
open-working = Öppnar
open-wrong-left = { $count ->
    [0] Det stämde inte. Inget har gått förlorat. Just nu finns inga försök kvar: fråga avsändaren.
    [one] Det stämde inte. Inget har gått förlorat. Ett försök kvar. Stora bokstäver och mellanslag räknas.
   *[other] Det stämde inte. Inget har gått förlorat. { $count } försök kvar. Stora bokstäver och mellanslag räknas.
}
open-wait = För många försök. Inget har gått förlorat. Försök igen om { $wait }.
revealed-lede = Du öppnade den klockan { $time }. Spara det du behöver: sidan glömmer det.
revealed-text = Så här står det
revealed-files = { $count ->
    [one] Fil
   *[other] Filer
}
revealed-wipe-soon = Om mindre än en minut tömmer sig sidan.
failed-offline = Servern kan inte nås. Försök igen nu, på den här sidan.
failed-busy = Servern ber dig vänta { $wait }. Inget har gått förlorat.
failed-server = Något gick sönder på servern. Försök igen nu, på den här sidan. Fortsätter det, berätta det för den som sköter servern.
failed-undecryptable = Servern kan inte öppna sin egen kopia just nu. Inget har gått förlorat. Berätta det för den som sköter servern, och försök igen senare.
failed-damaged = Det som kom fram gick inte att öppna. Försök igen nu, på den här sidan: under en minut lämnar servern ut det hit igen.
failed-browser = Din webbläsare kunde inte öppna den. Inget har gått förlorat. Försök med en annan webbläsare, eller med programmet i en terminal.

## Kvitto

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
receipt-lede-burned = { $actor ->
    [system] För många felaktiga lösenfraser brände den, så som du hade valt.
   *[other] Du brände den.
} { $taken ->
    [0] Ingen hade öppnat den, och inget finns kvar att hitta.
    [one] Den hade öppnats en gång innan dess. Inget finns kvar att hitta.
   *[other] Den hade öppnats { $taken } gånger innan dess. Inget finns kvar att hitta.
}
receipt-lede-expired = { $taken ->
    [0] Ingen öppnade den i tid. Inget finns kvar att hitta.
    [one] Den hade öppnats en gång innan dess. Inget finns kvar att hitta.
   *[other] Den hade öppnats { $taken } gånger innan dess. Inget finns kvar att hitta.
}
receipt-heading-lost = Den har gått förlorad
receipt-lede-lost = { $taken ->
    [0] Servern återställdes utan dess nyckel innan någon hade öppnat den. Behövs den än, dela den på nytt.
    [one] Servern återställdes utan dess nyckel. Den hade öppnats en gång innan dess. Behövs den än, dela den på nytt.
   *[other] Servern återställdes utan dess nyckel. Den hade öppnats { $taken } gånger innan dess. Behövs den än, dela den på nytt.
}
receipt-heading-gone = Inget sådant kvitto
receipt-lede-gone = Kvittots länk är inte hel, eller så är kvittot äldre än servern sparar dem.
receipt-heading-unknown = Det är inte känt än vad som har hänt
receipt-lede-unknown = Kvittot är tryggt. Det är bara svaret som saknas.
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
