# Signing in, and the frame of the pages for those who are: what only the pages of the server say.

## The frame

house-places = Platser
house-share = Dela
house-overview = Översikt
house-keys = Nycklar
house-organisations = Organisationer
house-account = Konto
house-administration = Administration
house-who = Inloggad som
house-sign-out = Logga ut
house-actions = Åtgärder
house-foot = Det du delar förseglas i din webbläsare. Ingen här kan läsa det.

## Att logga in

sign-in-title = Logga in
sign-in-heading = Logga in
sign-in-lede = För att se vad som väntar och vad som har öppnats. Ingen behöver ett konto för att öppna en hemlighet.
sign-in-email = Din e-postadress
sign-in-password = Lösenord
sign-in-verb = Logga in
sign-in-mail = Eller få en länk med e-post
sign-in-mail-verb = Skicka den
sign-in-lost = Har du blivit av med din autentiserare? Logga in med lösenordet och använd en återställningskod i nästa steg.
sign-in-refused = Det stämde inte. Kontrollera adressen och lösenordet och försök igen.
sign-in-busy = Servern har mycket att göra. Ingenting har prövats. Vänta en stund och försök igen.
sign-in-wait = För många försök. Vänta { $wait } och försök sedan igen.
sign-in-no-mail = Den här servern skickar ingen e-post och kan inte skicka någon länk. Logga in på ett annat sätt, eller fråga den som sköter servern.
sign-in-other = Logga in på ett annat sätt
sign-in-link-heading = Ett klick, så är du inne
sign-in-link-lede = Länken fungerar en gång. Ingenting har hänt än.
sign-in-link-wait = Titta i din e-post
sign-in-link-wait-lede = Om någon med den adressen har ett konto här är en länk på väg. Den fungerar en gång, i 15 minuter.
sign-in-link-sent = Den har skickats. En ny länk gör den förra ogiltig.
sign-in-link-code = Koden i länken
sign-in-link-help = Det som står efter # i länken i ditt brev.
sign-in-link-refused = Länken fungerar inte längre. Den fungerar en gång, i 15 minuter, och en ny gör den förra ogiltig.
second-heading = Ett steg till
second-lede = Lösenordet stämde. Visa nu att du har din autentiserare.
second-code = Kod
second-help = De sex siffror som din autentiserare visar nu, eller en av dina återställningskoder.
second-verb = Fortsätt
second-refused = Koden stämde inte. Varje kod fungerar en gång: vänta på nästa och försök igen.

## Att ställa i ordning ett konto

set-up-title = Kom igång
set-up-heading = Ställ i ordning ditt konto
set-up-lede = Länken fungerar en gång. I nästa steg väljer du hur du loggar in hädanefter.
set-up-code = Koden i länken
set-up-code-help = Det som står efter # i länken som du har fått.
set-up-begin = Fortsätt
set-up-gone = Länken fungerar inte längre. Be den som sköter servern om en ny.
set-up-choose = Välj hur du loggar in
set-up-choose-lede = Ett lösenord nu; engångskoder och nycklar kan du lägga till på nästa sida.
set-up-for = Kontot för
set-up-email-help = Det är vad kontot heter. Det kommer att sköta den här servern.
set-up-no-address = Det är ingen e-postadress.
set-up-verb = Välj lösenord och logga in
set-up-passkey = Fortsätt utan lösenord
set-up-passkey-help = Du blir inloggad och lägger till en nyckel på nästa sida. Utan den behöver du en ny länk för att komma in igen.
password-new = Nytt lösenord
password-again = Samma en gång till
password-help = Minst { $count } tecken. Flera ord som inte hör ihop är lätta att minnas och svåra att gissa.
password-differs = De är inte likadana.
password-common = Många väljer det lösenordet, eller nästan samma. Den som gissar börjar med det.
password-own = Det är din adress. Den som gissar börjar med den.
password-short = Det behövs minst { $count } tecken. Vilka spelar ingen roll.
password-long = Det är för långt.
password-title = Byt lösenord
password-lede = Alla dina andra sessioner avslutas, och du får veta det med e-post där det finns e-post.
password-verb = Välj det här lösenordet

## Att bekräfta

confirm-title = Bekräfta
confirm-heading = Bekräfta att det är du
confirm-lede = Det som kommer nu är viktigt, så visa en gång till vem du är. Det gäller i tio minuter.
confirm-code-help = De sex siffror som din autentiserare visar nu.
confirm-refused = Det stämde inte. Ingenting har ändrats.
confirm-verb = Bekräfta
confirm-nothing = Du har varken lösenord eller engångskoder att visa. Logga in igen, så gäller det i tio minuter.
confirm-again = Logga ut och in igen

## Kontot

account-title = Konto
account-heading = Ditt konto
account-heading-strong = Ditt konto har en andra faktor
account-lede = Vad du loggar in med, och var du är inloggad.
account-means = Vad du loggar in med
account-mean = Vad
account-since = Sedan
account-none = Finns inte
account-password = Lösenord
account-password-what = Något som du vet
account-codes = Engångskoder
account-codes-what = Sex siffror från en autentiserare, efter lösenordet
account-add = Lägg till
account-change = Byt
account-remove-password = Ta bort lösenordet
account-remove-codes = Sluta fråga efter koder
account-back = Tillbaka
account-nothing-left = Då skulle det inte finnas något att logga in med. Lägg till en nyckel först.
account-not-changed = Ingenting har ändrats. Försök igen.
account-password-set = Lösenordet är valt. Dina andra sessioner är avslutade.
account-password-removed = Lösenordet är borttaget. Dina andra sessioner är avslutade.
account-codes-removed = Koder efterfrågas inte längre. Dina andra sessioner är avslutade.
account-session-ended = Den sessionen är avslutad.
account-sessions-ended = Dina andra sessioner är avslutade.
account-recovery = Återställningskoder
account-recovery-left = { $count ->
    [0] Du har ingen kvar. De släpper in dig när du har blivit av med din autentiserare.
    [one] Du har en kvar. De släpper in dig när du har blivit av med din autentiserare.
   *[other] Du har { $count } kvar. Var och en släpper in dig en gång när du har blivit av med din autentiserare.
}
account-recovery-verb = Gör nya
account-sessions = Var du är inloggad
account-sessions-help = Om någon av dem inte är du: avsluta den och byt lösenord.
account-where = Var
account-how = Hur
account-seen = Senast använd
account-this = Den här webbläsaren
account-unknown = Okänd webbläsare
account-end = Avsluta
account-end-others = Avsluta alla andra
method-password = Lösenord
method-password-and-code = Lösenord och kod
method-password-and-passkey = Lösenord och nyckel
method-passkey = Nyckel
method-mailed-link = Länk med e-post
method-link-and-code = Länk med e-post och kod
method-provider = Gemensam inloggning
method-set-up-link = Länk för att komma igång
codes-title = Engångskoder
codes-heading = Lägg till engångskoder
codes-lede = Sedan frågas det efter en kod efter lösenordet, så att lösenordet ensamt inte släpper in någon.
codes-step-1 = Öppna autentiseraren i din telefon, eller den i din lösenordshanterare.
codes-step-2 = Låt den läsa bilden, eller skriv in hemligheten här nedanför.
codes-secret = Hemlighet
codes-qr = Hemligheten som QR-kod
codes-first = Den första koden
codes-first-help = De sex siffror som den visar nu.
codes-wrong = Det är inte koden just nu. Går klockan rätt i din telefon?
codes-verb = Fråga efter koder hädanefter
recovery-title = Återställningskoder
recovery-heading = Skriv upp de här
recovery-heading-codes = Koder efterfrågas hädanefter
recovery-lede = Var och en släpper in dig en gång, med ditt lösenord, när du har blivit av med din autentiserare. De visas bara den här gången.
recovery-note = Förvara dem där din autentiserare inte är: utskrivna i en låda, eller i ett kassaskåp. De förra gäller inte längre.
recovery-kept = Jag har sparat dem
