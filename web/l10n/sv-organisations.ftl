# Organisationer och deras medlemmar: det som bara serverns sidor säger.

## Listan

orgs-title = Organisationer
orgs-heading = { $count ->
    [0] Du är inte med i någon organisation
    [one] Du är med i en organisation
   *[other] Du är med i { $count } organisationer
}
orgs-lede = Människor som delar regler, nycklar och en logg.
orgs-caption = Dina organisationer
orgs-name = Namn
orgs-role = Din roll
orgs-since = Sedan
orgs-none = Ingen har bjudit in dig än
orgs-none-text = En organisation bjuder in med e-post. Brevet har en länk som gör dig till medlem.
orgs-make = Skapa en organisation
orgs-make-help = Du blir dess ägare. Du kan bjuda in andra och göra dem till ägare.
orgs-make-verb = Skapa
orgs-asks-factor = Kräver en andra faktor

## Roller

role-owner = Ägare
role-owner-help = Får göra allt, även göra andra till ägare och ta bort organisationen.
role-admin = Administratör
role-admin-help = Sköter medlemmar och nycklar.
role-member = Medlem
role-member-help = Delar hemligheter och följer det de har delat.
role-auditor = Granskare
role-auditor-help = Läser loggen och rapporter, och inget annat.

## En organisation

org-you-are = Här är du: { $role }.
org-members = Medlemmar
org-members-caption = Vilka som är med i { $name }
org-member = Adress
org-you = Du
org-suspended = Avstängd
org-role-of = Rollen för { $email }
org-role-verb = Byt roll
org-remove = Ta bort
org-remove-means = Den som tas bort förlorar genast sina nycklar för organisationen. Det de har delat för den väntar vidare och finns kvar i dess översikt. Kvitton som de har gäller fortfarande.
org-invitations = Inbjudningar
org-invitations-caption = Vilka som är inbjudna till { $name } och inte har svarat ja
org-until = Gäller till
org-withdraw = Dra tillbaka
org-invite = Bjud in någon
org-invite-email = Deras adress
org-invite-help = De får ett brev med en länk som fungerar en gång, i sju dagar. Bjuder du in igen slutar den förra länken att gälla.
org-invite-role = Vad de ska vara
org-invite-verb = Skicka inbjudan
org-settings = Inställningar
org-name = Organisationens namn
org-factor = Andra faktor
org-factor-label = Medlemmar måste logga in med en andra faktor
org-factor-help = Utan en kan ingen göra något här, bara lämna. Passnycklar, engångskoder och inloggning hos en leverantör räknas.
org-save = Spara
org-going = Lämna eller ta bort
org-leave = Lämna
org-leave-last = Du är den sista ägaren. Gör någon annan till ägare innan du lämnar, eller ta bort organisationen.
org-delete = Ta bort organisationen

## Innan någon går

leave-title = Lämna { $name }
leave-lede = Det här händer.
leave-keys = Dina API-nycklar för organisationen slutar genast att gälla. Dina egna nycklar finns kvar.
leave-secrets = Hemligheter som du har delat för den väntar tills de går ut, och finns kvar i dess översikt.
leave-receipts = Kvitton som du har gäller fortfarande: du kan följa och bränna med dem.
leave-invitations = Inbjudningar som du har skickat dras tillbaka.
leave-verb = Lämna organisationen
leave-stay = Stanna

remove-org-title = Ta bort { $name }
remove-org-lede = Det går inte att ångra. Det här händer.
remove-org-members = Ingen är medlem längre.
remove-org-keys = Dess API-nycklar, och medlemmarnas för den, slutar genast att gälla.
remove-org-invitations = Dess inbjudningar dras tillbaka.
remove-org-receipts = Kvitton som någon har gäller fortfarande, och loggen finns kvar.
remove-waiting = Hemligheter som fortfarande väntar
remove-waiting-leave = Låt dem gå ut av sig själva
remove-waiting-leave-help = Den som har en länk kan fortfarande öppna.
remove-waiting-burn = Bränn dem nu
remove-waiting-burn-help = Ingen kan öppna dem längre.
remove-org-verb = Ta bort organisationen

remove-account-title = Ta bort ditt konto
remove-account-lede = Det går inte att ångra. Det här händer.
remove-account-sessions = Du loggas ut överallt. Lösenord, passnycklar och koder försvinner.
remove-account-keys = Dina API-nycklar slutar genast att gälla.
remove-account-places = Du är inte med i någon organisation längre. Det du har delat för en finns kvar i dess översikt.
remove-account-receipts = Kvitton som du har gäller fortfarande. Dina anteckningar försvinner.
remove-account-trail = Loggen över vad som har hänt finns kvar.
remove-account-verb = Ta bort mitt konto
remove-account-last-owner = Du är den sista ägaren av { $names }. Gör någon annan till ägare först, eller ta bort den.
remove-account-last-administrator = Du är den sista administratören här. Gör någon annan till det först.
gone-account-title = Ditt konto är borttaget
gone-account-text = Du är utloggad. Det du valde för hemligheter som väntade är gjort.

## En inbjudan

invitation-title = Du är inbjuden
invitation-lede = Någon vill ha med dig i sin organisation. Inget har hänt än.
invitation-token = Koden i din inbjudan
invitation-token-help = Den finns i länken som du fick. Står den inte här redan, klistra in det som står efter # i den.
invitation-join = Jag har ett konto
invitation-join-help = Logga in med adressen som brevet gick till. Sedan svarar du ja.
invitation-new = Skapa ett konto
invitation-new-help = För adressen som brevet gick till.
invitation-accept = Gå med
invitation-signed-in = Du är inloggad som { $email }.
invitation-worthless = Inbjudan gäller inte längre. Den är använd eller tillbakadragen, eller så har sju dagar gått. Be om en ny.
invitation-another = Inbjudan är för en annan adress än den du är inloggad med. Logga ut, och logga in med den andra.
invitation-sign-in = Det finns redan ett konto med den här adressen. Logga in med det först, och svara sedan ja.
invitation-closed = Det finns inget konto med den här adressen, och nya skapas inte här. Fråga den som sköter servern.

## Vad som gjordes, och varför inte

org-fault-absent = Den personen eller inbjudan finns inte här längre.
org-fault-member = De är redan med.
org-fault-wait = För många inbjudningar har skickats. Försök igen senare.
org-fault-owner = Den sista ägaren kan inte gå. Gör någon annan till ägare först.
org-fault-role = Din roll tillåter inte det.
org-fault-factor = Organisationen kräver en andra faktor. Logga in med en: en passnyckel, en engångskod eller hos en leverantör.
org-fault-many = Det finns så många som det får finnas.
org-fault-mail = Ingen kan bjudas in: den här servern skickar ingen e-post.
org-fault-name = Ett namn har 1 till 64 tecken på en rad.
org-fault-email = Det är ingen e-postadress.
org-factor-title = En andra faktor behövs
org-absent-title = Det finns ingen sådan organisation
org-absent-text = Den kan ha tagits bort, eller så har du lämnat den.
org-back = Dina organisationer

## Där inte alla får dela

closed-title = Logga in för att dela
closed-text = På den här servern får bara vissa dela hemligheter. Den som har en länk kan öppna den som vanligt.
closed-sign-in = Logga in
