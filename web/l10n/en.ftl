# English. Every sentence could be read out to somebody who has never heard of this.

## Everywhere

brand = Sigill
skip = Skip to content
foot-sealed = Sealed in your browser. The server never holds the key.
foot-delivered = Delivered with Sigill. The server cannot read this secret.
foot-practice = Good practice
foot-other-language = Svenska
copy = Copy
copied = Copied
copy-failed = Select it and copy it by hand
save = Save
show = Show
hide = Hide
try-again = Try again
loading-heading = One moment
loading-late = This takes longer than it should. Reload the page: nothing is lost by that.
no-script-title = This page needs JavaScript
no-script-text = Your browser seals and opens secrets itself, so that the server never sees them. Without JavaScript it cannot. Switch it on for this page, or use the program in a terminal:
insecure-title = This connection is not secure
insecure-text = Browsers seal and open secrets only on pages that came over HTTPS, and this one did not. Nothing was sent. Ask whoever runs this server to put it behind HTTPS; the guide for operators says how.

## Create

create-title = Share a secret
create-heading = What should stay secret?
create-lede = It is sealed here, before it leaves your computer. { $count ->
    [one] Whoever gets the link can open it once.
   *[other] Whoever gets the link can open it, { $count } times in all.
}
create-label = Your secret
create-placeholder = Write or paste it here
create-fields = Named fields
create-text = One text
create-make-password = Make a password
create-preview = What they will see
preview-close = Close
preview-help = This is a picture. Their page shows nothing of the secret until they press the button.
create-verb = Create link
create-working = Sealing
create-keys = { $mac ->
    [yes] Cmd
   *[no] Ctrl
}
offer-title = A user name and a password, together.
offer-text = As named fields, each can be copied on its own, and the password stays masked until it is asked for.
offer-accept = Turn into fields
offer-decline = Leave as it is
field-user = User name
field-password = Password
field-address = Address
field-note = Note
field-other = Something else
field-label = Its name
field-add = Add a field
field-remove = Remove { $name }
terms-label = Terms
terms-views = { $count ->
    [one] Opens once
   *[other] Opens { $count } times
}
terms-for = for { $duration }
terms-passphrase = { $set ->
    [yes] with a passphrase
   *[no] no passphrase
}
terms-more = more
minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
hours = { $count ->
    [one] { $count } hour
   *[other] { $count } hours
}
days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
seconds = { $count ->
    [one] { $count } second
   *[other] { $count } seconds
}
until-today = { $time } today
until-tomorrow = { $time } tomorrow
expiry-label = Goes away after
expiry-short-300 = 5 min
expiry-short-3600 = 1 h
expiry-short-14400 = 4 h
expiry-short-86400 = 1 day
expiry-short-259200 = 3 days
expiry-short-604800 = 7 days
expiry-short-2592000 = 30 days
expiry-until = Until { $time }.
expiry-help-300 = Enough for somebody who is on the phone with you.
expiry-help-3600 = Enough for somebody who is waiting for it.
expiry-help-14400 = Enough for somebody at their desk.
expiry-help-86400 = Enough for somebody who reads their mail once a day.
expiry-help-259200 = Enough to bridge a weekend.
expiry-help-604800 = Long. Choose it for somebody who is away.
expiry-help-2592000 = Very long. The shorter a secret lives, the less can happen to it.
expiry-help-other = After that nobody can open it, and nothing is left to find.
expiry-exact = Another time
expiry-unit = Unit
unit-minutes = minutes
unit-hours = hours
unit-days = days
views-label = Can be opened
views-fewer = Fewer
views-more = More
views-help = Each opening is one reader. A wrong passphrase or a link preview does not count.
views-times = { $count ->
    [one] time
   *[other] times
}
pass-label = Passphrase
pass-another = Suggest one
pass-help = Tell it by phone or in person. It is never shown next to the link.
pass-after = After so many wrong tries
pass-action = the secret
pass-lock = is locked until you unlock it
pass-burn = is burned
more-label = Delivery
strict-option = Deliver at most once
strict-help = The content is destroyed as it is handed out. If the answer is lost on the way, it is gone. Otherwise the reader has a minute to try again.
generator-label = Make a password
generator-characters = Characters
generator-words = Words
generator-length = Length
generator-bits = About { $bits } bits of chance.
generator-another = Another
generator-use = Use it
error-empty = There is nothing to seal yet. Type or paste your secret first.
error-label = Give every field of your own a name.
error-expiry = Choose a time from { $min } to { $max }.
error-views = Choose a number from { $min } to { $max }.
error-tries = Choose a number of tries from { $min } to { $max }.
error-passphrase-long = The passphrase is too long. At most 1,024 bytes.
error-too-large = This is too large for this server. At most { $size }.
error-offline = The server cannot be reached. Nothing was lost: your secret is still here. Try again.
error-busy = The server asks you to wait { $wait }. Your secret is still here.
error-full = The server has no room for another secret now. Your secret is still here. Tell whoever runs it.
error-server = Something broke on the server. Your secret is still here. Try again.
error-browser = Your browser could not seal it. Nothing was sent, and your secret is still here. Try another browser, or the program in a terminal.
error-refused = The server refused: { $detail }

## Done

done-heading = { $copied ->
    [yes] Sealed, and copied
   *[no] Sealed
}
done-lede = { $copied ->
    [yes] The link is in your clipboard. It { $opens }, until { $time }.
   *[no] Copy the link below. It { $opens }, until { $time }.
}
done-opens = { $count ->
    [one] opens once
   *[other] opens { $count } times
}
done-link = The link
done-apart = Link and key apart
done-apart-text = Send these through different channels. Neither opens anything alone.
done-address = The link, by mail or chat
done-key = The key, by text message or phone
done-qr = QR code
done-qr-text = For somebody in the same room. It holds the link and the key, so do not put it in a mail.
done-qr-name = QR code of the link
done-qr-save = Save image
done-passphrase = You set a passphrase. It is not on this page: tell it to them by phone or in person.
done-own = Do not try the link yourself: opening it uses it up. The receipt below shows what happens to it.
done-another = Create another
done-keep = Keep the receipt
done-kept = The receipt's link is in your clipboard
copy-link = the link
copy-address = the link without its key
copy-key = the key

## What happened

time-heading = What has happened
time-live = Live
time-created = Sealed by you
time-opened = Opened by somebody with the link
time-delivered = It arrived
time-delivery-unconfirmed = Delivery was not confirmed
time-passphrase-rejected = A wrong passphrase, from somebody with the link
time-locked = Locked after too many wrong passphrases
time-unlocked = Unlocked by you
time-burned = { $actor ->
    [system] Burned after too many wrong passphrases
   *[other] Burned by you
}
time-expired = Its time was up. Nobody can open it any more
time-integrity-failure = The server could not open its own copy. Nothing was lost
time-waiting = Waiting to be opened
time-waiting-locked = Waiting for you to unlock it
time-waiting-until = until { $time }
time-views-left = { $count ->
    [one] One opening is left
   *[other] { $count } openings are left
}
burn-now = Burn now
burn-sure = Burn it? Nobody will be able to open it, and it cannot be undone.
burn-yes = Yes, burn it
burn-no = Keep it
burn-won = Burned. Nobody can open it any more.
burn-lost-opened = Too late: it had been opened already. Change what it protected.
burn-lost-expired = Its time was up already. Nobody can open it.
unlock = Unlock
unlock-done = Unlocked. It waits again.
unlock-not-locked = It was not locked.

## Open

open-title = A secret for you
open-heading = You have received a secret
open-lede = It can be shown once. Nothing has happened yet.
open-verb = Show the secret
open-working = Opening
open-learn = The sender will learn that it was opened, whether it arrived, and when. Not who you are.
open-learn-passphrase = The sender will learn that it was opened, whether it arrived, how many passphrases were wrong, and when. Not who you are.
open-unexpected = Not expecting anything? Close this page, and the secret stays sealed.
open-passphrase = Passphrase
open-passphrase-show = Show what I type
open-passphrase-help = The sender has it. It comes another way than the link.
open-wrong-left = { $count ->
    [0] That did not match. Nothing was lost. No tries are left for now: ask the sender.
    [one] That did not match. Nothing was lost. One try left. Capital letters and spaces count.
   *[other] That did not match. Nothing was lost. { $count } tries left. Capital letters and spaces count.
}
open-wait = Too many tries. Nothing was lost. Try again in { $wait }.
open-own-title = This is your own link.
open-own-text = You made it in this browser. If you open it, it is used up, and the person you made it for cannot open it.
open-own-anyway = Open it anyway
open-own-back = Leave it closed
revealed-heading = Here it is
revealed-lede = You opened it at { $time }. Keep what you need: this page forgets it.
revealed-text = What it says
revealed-save = Save as a file
revealed-files = { $count ->
    [one] File
   *[other] Files
}
revealed-wipe = until this page wipes itself
revealed-wipe-soon = In less than a minute this page wipes itself.
revealed-longer = Five more minutes
revealed-wipe-now = I have it, wipe now
wiped-heading = Wiped from this page
wiped-lede = Nothing of it is left here. If you missed something, ask the sender for a new link.
gone-heading = Nothing here any more
gone-lede = It was opened, burned or locked, or its time was up. The server does not say which.
gone-tell = If you did not open it, tell the sender now.
gone-tell-why = Somebody else may have, and they will want to change what was in it.
gone-check = If you opened it yourself, on another device perhaps, all is well.
incomplete-cut = The end of the link is missing
incomplete-cut-why = Some mail and chat programs cut long links. Nothing was lost: this page has opened nothing.
incomplete-missing = The key is missing
incomplete-missing-why = It is the part after #, and without it nothing opens. Nothing was lost: this page has opened nothing.
incomplete-mistyped = A character is wrong
incomplete-mistyped-why = This is not the link as it was made. Nothing was lost: this page has opened nothing.
incomplete-version = The link is newer than this server
incomplete-version-why = It was made by a newer program. Nothing was lost. Tell the sender, or whoever runs this server.
incomplete-arrived = What arrived
incomplete-hole = the rest is missing
incomplete-paste = Go back to the message, copy the whole link, and paste it here
incomplete-paste-help = Did the key come in another message? Then paste the key alone.
incomplete-still = That is not the whole link either. Copy it from the first character to the last.
incomplete-verb = Go on
incomplete-noticed = The page noticed this by itself. The server was not asked.
failed-offline = The server cannot be reached. Nothing was lost. Try again.
failed-busy = The server asks you to wait { $wait }. Nothing was lost.
failed-server = Something broke on the server. Nothing was lost. Try again.
failed-undecryptable = The server cannot open its own copy just now. Nothing was lost. Tell whoever runs it, and try again later.
failed-damaged = What arrived was damaged. Nothing was lost yet: try again now.
failed-browser = Your browser could not open it. Nothing was lost. Try another browser, or the program in a terminal.

## Receipt

receipt-title = Receipt
receipt-heading-waiting = { $taken ->
    [0] It waits, unopened
   *[other] It waits for another reader
}
receipt-heading-locked = It is locked
receipt-heading-delivering = It is being delivered
receipt-heading-opened = It was opened
receipt-heading-burned = It was burned
receipt-heading-expired = { $taken ->
    [0] It expired, unopened
   *[other] Its time was up
}
receipt-lede-waiting = Nobody has opened it yet. It waits until { $time }.
receipt-lede-partly = { $left ->
    [one] One opening is left, until { $time }.
   *[other] { $left } openings are left, until { $time }.
}
receipt-lede-locked = Too many wrong passphrases were tried. If that was your reader, unlock it; if not, burn it.
receipt-lede-delivering = Somebody with the link has won the last opening and is fetching it.
receipt-lede-opened = If that was not your reader, change what it protected now.
receipt-lede-burned = Nobody can open it any more, and nothing is left to find.
receipt-lede-expired = { $taken ->
    [0] Nobody opened it in time. Nothing is left to find.
   *[other] Nobody can open it any more, and nothing is left to find.
}
receipt-heading-gone = No such receipt
receipt-lede-gone = The link of the receipt is incomplete, or the receipt is older than this server keeps it.
receipt-heading-unknown = What happened is not known yet
receipt-lede-unknown = The receipt is safe. Only the answer is missing.
receipt-facts = Facts
receipt-ref = Reference
receipt-created = Created
receipt-expires = Goes away
receipt-views = Openings
receipt-views-value = { $taken } of { $views } used
receipt-passphrase = Passphrase
receipt-passphrase-yes = Yes. { $failed } of { $limit } wrong tries so far
receipt-passphrase-no = No
receipt-sealed = Sealed by
receipt-sealed-sender = Your browser or terminal. The server never had the key.

## Good practice

practice-title = Good practice
practice-heading = Good practice
practice-lede = Eight habits that make a shared secret a safe one. Each takes less than a minute.
practice-1 = Let it live as short as it can
practice-1-text = An hour is enough for somebody who is waiting. What has gone away cannot be found, by anybody, ever.
practice-2 = Add a passphrase when it matters
practice-2-text = A passphrase becomes part of the key. Whoever finds the link without it has nothing, and wrong guesses run out.
practice-3 = Send the two halves two ways
practice-3-text = The link by mail and the passphrase by phone, or link and key apart. One stolen message then opens nothing.
practice-4 = Be sure who asks
practice-4-text = A message that asks for a password may not come from whom it says. Call back on a number you knew before.
practice-5 = Keep user name and password apart
practice-5-text = A password alone says little. Named fields help the reader copy the right one; two links keep them apart.
practice-6 = Look at the receipt
practice-6-text = It tells when the secret was opened. If that was not your reader, change the password at once.
practice-7 = Burn what is no longer needed
practice-7-text = Wrong address, plans changed, a feeling: burn it. It takes one click and it is final.
practice-8 = Change it afterwards
practice-8-text = A password that was handed over has been known to two. Where it can be, the reader should choose a new one.
practice-readers = If you have received a link
practice-readers-text = Look at the address before you open it, and open it only on a device of your own. Save what you need: it is shown once. If it says that it was opened and it was not you, tell the sender without delay.

## Not found

missing-title = Nothing here
missing-heading = There is nothing here
missing-lede = The address may be mistyped. Secrets have links of their own, with a long key at the end.
missing-verb = Share a secret
