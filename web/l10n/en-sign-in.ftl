# Signing in, and the frame of the pages for those who are: what only the pages of the server say.

## The frame

house-places = Places
house-share = Share
house-overview = Overview
house-keys = Keys
house-organisations = Organisations
house-account = Account
house-administration = Administration
house-who = Signed in as
house-sign-out = Sign out
house-actions = Actions
house-foot = What you share is sealed in your browser. Nobody here can read it.

## Signing in

sign-in-title = Sign in
sign-in-heading = Sign in
sign-in-lede = To see what waits and what was opened. Nobody needs an account to open a secret.
sign-in-email = Your e-mail address
sign-in-password = Password
sign-in-verb = Sign in
sign-in-mail = Or get a link by mail
sign-in-mail-verb = Send it
sign-in-lost = Lost your authenticator? Sign in with your password, and use a recovery code in the next step.
sign-in-refused = That did not match. Check the address and the password, and try again.
sign-in-busy = The server is busy. Nothing was judged. Wait a moment, and try again.
sign-in-wait = Too many tries. Wait { $wait }, then try again.
sign-in-no-mail = This server sends no mail, so it cannot send you a link. Sign in in another way, or ask whoever runs it.
sign-in-other = Sign in in another way
sign-in-link-heading = One click, and you are in
sign-in-link-lede = This link works once. Nothing has happened yet.
sign-in-link-wait = Look at your mail
sign-in-link-wait-lede = If somebody with this address has an account here, a link is on its way. It works once, for 15 minutes.
sign-in-link-sent = It was sent. A new link ends the one before.
sign-in-link-code = The code in the link
sign-in-link-help = What stands behind the # in the link of your mail.
sign-in-link-refused = This link does not work any more. It works once, for 15 minutes, and a new one ends the one before.
second-heading = One more step
second-lede = Your password was right. Now show that you have your authenticator.
second-code = Code
second-help = The six digits that your authenticator shows now, or one of your recovery codes.
second-verb = Go on
second-refused = That code did not match. Each code works once: wait for the next one, and try again.

## Setting an account up

set-up-title = Set up
set-up-heading = Set up your account
set-up-lede = This link works once. In the next step you choose how to sign in from now on.
set-up-code = The code in the link
set-up-code-help = What stands behind the # in the link that you were given.
set-up-begin = Go on
set-up-gone = This link does not work any more. Ask whoever runs this server for a new one.
set-up-choose = Choose how to sign in
set-up-choose-lede = A password now; one-time codes and passkeys can follow on the next page.
set-up-for = The account of
set-up-email-help = This is what the account goes by. It will look after this server.
set-up-no-address = This is no e-mail address.
set-up-verb = Set a password and sign in
set-up-passkey = Go on without a password
set-up-passkey-help = You are signed in, and add a passkey on the next page. Without one you need another link to get in again.
password-new = New password
password-again = The same once more
password-help = At least { $count } characters. Several words that do not belong together are easy to remember and hard to guess.
password-differs = The two are not the same.
password-common = Many people choose this password, or one that is nearly the same. Whoever guesses begins with it.
password-own = That is your address. Whoever guesses begins with it.
password-short = It needs at least { $count } characters. Which ones does not matter.
password-long = That is too long.
password-title = Change your password
password-lede = All your other sessions end, and you are told by mail where there is mail.
password-verb = Set this password

## Confirming

confirm-title = Confirm
confirm-heading = Confirm that it is you
confirm-lede = What comes next matters, so show once more who you are. It counts for ten minutes.
confirm-code-help = The six digits that your authenticator shows now.
confirm-refused = That did not match. Nothing has changed.
confirm-verb = Confirm
confirm-nothing = You have no password and no one-time codes to show. Sign in again, and it counts for ten minutes.
confirm-again = Sign out and in again

## The account

account-title = Account
account-heading = Your account
account-heading-strong = Your account has a second factor
account-lede = What you sign in with, and where you are signed in.
account-means = What you sign in with
account-mean = What
account-since = Since
account-none = Not set
account-password = Password
account-password-what = Something that you know
account-codes = One-time codes
account-codes-what = Six digits of an authenticator, asked for after the password
account-add = Add
account-change = Change
account-remove-password = Remove the password
account-remove-codes = Stop asking for codes
account-back = Back
account-nothing-left = Nothing would be left to sign in with. Add a passkey first.
account-not-changed = Nothing was changed. Try again.
account-password-set = The password is set. Your other sessions are over.
account-password-removed = The password is gone. Your other sessions are over.
account-codes-removed = Codes are not asked for any more. Your other sessions are over.
account-session-ended = That session is over.
account-sessions-ended = Your other sessions are over.
account-recovery = Recovery codes
account-recovery-left = { $count ->
    [0] You have none left. They let you in when you have lost your authenticator.
    [one] You have one left. They let you in when you have lost your authenticator.
   *[other] You have { $count } left. Each lets you in once when you have lost your authenticator.
}
account-recovery-verb = Make new ones
account-sessions = Where you are signed in
account-sessions-help = If one of these is not you, end it and change your password.
account-where = Where
account-how = How
account-seen = Last used
account-this = This browser
account-unknown = Unknown browser
account-end = End
account-end-others = End all others
method-password = Password
method-password-and-code = Password and code
method-password-and-passkey = Password and passkey
method-passkey = Passkey
method-mailed-link = Link by mail
method-link-and-code = Link by mail and code
method-provider = Single sign-on
method-set-up-link = Set-up link
codes-title = One-time codes
codes-heading = Add one-time codes
codes-lede = From then on a code is asked for after your password, so that the password alone lets nobody in.
codes-step-1 = Open the authenticator on your phone, or the one in your password manager.
codes-step-2 = Let it read the picture, or type in the secret below.
codes-secret = Secret
codes-qr = The secret as a QR code
codes-first = The first code
codes-first-help = The six digits that it shows now.
codes-wrong = That is not the code of now. Is the clock of your device right?
codes-verb = Ask for codes from now on
recovery-title = Recovery codes
recovery-heading = Write these down
recovery-heading-codes = Codes are asked for from now on
recovery-lede = Each of these lets you in once, with your password, when you have lost your authenticator. They are shown this once.
recovery-note = Keep them where your authenticator is not: printed in a drawer, or in a safe. The ones before are worth nothing any more.
recovery-kept = I have kept them
