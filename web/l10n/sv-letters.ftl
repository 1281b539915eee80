# Mails that take no link to a secret: what only the server says.

mail-foot = Mejlet skickades av { $host }. Ingen läser svar på det.
mail-account-verb = Se ditt konto
mail-unexpected = Om du inte väntade dig det här behöver du inte göra något: utan länken kommer ingen in. Fortsätter det, säg till den som driver { $host }.
mail-not-you = Var det du behöver du inte göra något. Var det inte du kan någon annan ha kommit in: logga in, avsluta de andra sessionerna, ändra hur du loggar in och säg till den som driver { $host }.

## A link that signs in

mail-sign-in-subject = Logga in på { $host }
mail-sign-in-heading = Din länk för att logga in
mail-sign-in-lede = Den loggar in dig på { $host }, en gång. Den leder till en sida som frågar innan den gör något.
mail-sign-in-verb = Logga in
mail-sign-in-until = Den fungerar i 15 minuter efter att mejlet skickades. En nyare länk gör den värdelös.

## A link that sets up an account

mail-set-up-subject = Ställ in ditt konto på { $host }
mail-set-up-heading = Ditt konto väntar på dig
mail-set-up-lede = Välj hur du vill logga in på { $host }. Länken fungerar en gång och leder till en sida som frågar innan den gör något.
mail-set-up-verb = Ställ in kontot
mail-set-up-until = Den fungerar i ett dygn efter att mejlet skickades. En nyare länk gör den värdelös.

## An invitation

mail-invitation-subject = { $inviter } bjuder in dig till { $organisation }
mail-invitation-heading = { $inviter } bjuder in dig till { $organisation }
mail-invitation-lede = { $role ->
    [owner] De delar hemligheter genom { $host } och ber dig att gå med som ägare.
    [admin] De delar hemligheter genom { $host } och ber dig att gå med som administratör.
    [auditor] De delar hemligheter genom { $host } och ber dig att gå med som granskare.
   *[member] De delar hemligheter genom { $host } och ber dig att gå med som medlem.
}
mail-invitation-verb = Se inbjudan
mail-invitation-until = Den gäller till { $day } klockan { $time } UTC. En nyare länk gör den här värdelös.
mail-invitation-unexpected = Om du inte känner { $inviter } behöver du inte göra något. Fråga först, på ett sätt som du redan känner till.

## An API key that ends soon

mail-key-subject = En API-nyckel slutar gälla { $day }
mail-key-heading = En API-nyckel slutar snart gälla
mail-key-lede = Nyckeln { $label } ({ $reference }) slutar gälla { $day } klockan { $time } UTC. Program som använder den nekas därefter.
mail-key-verb = Se nycklarna
mail-key-rotate = Byt den innan dess: den nya nyckeln finns genast, och den gamla gäller så länge som du väljer.

## A means of signing in has changed

mail-change-subject = Hur du loggar in på { $host } har ändrats
mail-change-heading = Hur du loggar in har ändrats
mail-change-codes-added = Från och med nu behöver du en engångskod.
mail-change-codes-removed = Du behöver inte längre någon engångskod.
mail-change-passkey-added = En passnyckel lades till ditt konto.
mail-change-passkey-removed = En passnyckel togs bort från ditt konto.
mail-change-password-changed = Ditt konto har fått ett nytt lösenord.
mail-change-password-removed = Ditt konto har inte längre något lösenord.
mail-change-provider-added = Det går att logga in på ditt konto med en identitet som du har någon annanstans.
mail-change-provider-removed = En identitet som du har någon annanstans loggar inte längre in på ditt konto.
mail-change-recovery-code-used = En av dina återställningskoder användes för att logga in. Den fungerar inte igen.
mail-change-recovery-codes-made = Ditt konto har nya återställningskoder. De gamla fungerar inte längre.

## Signed in from a new place

mail-place-subject = Någon har loggat in på ditt konto på { $host }
mail-place-heading = Inloggning från en ny plats
mail-place-lede = Den { $day } klockan { $time } UTC loggade någon in på ditt konto från { $network }, med { $agent }.

## What to look at, once a month

mail-review-subject = Att se över den här månaden på { $host }
mail-review-heading = Att se över den här månaden
mail-review-organisation = Det gäller { $organisation }.
mail-review-account = Det gäller ditt konto.
mail-review-nothing = Det finns inget som behöver ses över.
mail-review-verb = Öppna översynen
mail-finding-accounts-unused = Konton som ingen använder: { $count }
mail-finding-keys-old = API-nycklar som är gamla: { $count }
mail-finding-keys-unused = API-nycklar som ingen använder: { $count }
mail-finding-keys-wide = API-nycklar som får göra mer än de gör: { $count }
mail-finding-passphrase-missing = Hemligheter utan lösenfras: { $count }
mail-finding-second-factor-missing = Personer utan en andra faktor: { $count }
mail-finding-other = Något annat: { $count }

## Whether mail arrives

mail-test-subject = Mejl från { $host } kommer fram
mail-test-heading = Mejl kommer fram
mail-test-lede = Någon som driver { $host } har skickat det här för att se om mejl fungerar. Du behöver inte göra något.
