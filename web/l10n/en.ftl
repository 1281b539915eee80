# English. Every sentence could be read out to somebody who has never heard of this.

## Everywhere

copy = Copy
copied = Copied
copy-failed = Select it and copy it by hand
show = Show
hide = Hide
try-again = Try again
going-part = { $part } %
going-line = { $part } %, { $speed }/s, about { $left } left
going-waits = { $part } %, waiting for the connection

## Create

create-lede = It is sealed here, before it leaves your computer. { $count ->
    [one] Whoever gets the link can open it once.
   *[other] Whoever gets the link can open it, { $count } times in all.
}
create-fields = Named fields
create-text = One text
preview-close = Close
create-verb = Create link
create-working = Sealing
create-on = Go on
create-keys = { $mac ->
    [yes] Cmd
   *[no] Ctrl
}
offer-accept = Turn into fields
offer-decline = Leave as it is
field-user = User name
field-password = Password
field-address = Address
field-note = Note
field-other = Something else
field-add = Add a field
field-remove = Remove { $name }
terms-views = { $count ->
    [one] Opens once
   *[other] Opens { $count } times
}
terms-for = for { $duration }
terms-passphrase = { $set ->
    [yes] with a passphrase
   *[no] no passphrase
}
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
expiry-until = Until { $time }.
expiry-help-300 = Enough for somebody who is on the phone with you.
expiry-help-3600 = Enough for somebody who is waiting for it.
expiry-help-14400 = Enough for somebody at their desk.
expiry-help-86400 = Enough for somebody who reads their mail once a day.
expiry-help-259200 = Enough to bridge a weekend.
expiry-help-604800 = Long. Choose it for somebody who is away.
expiry-help-2592000 = Very long. The shorter a secret lives, the less can happen to it.
expiry-help-other = After that nobody can open it, and nothing is left to find.
views-times = { $count ->
    [one] time
   *[other] times
}
generator-length = Length
generator-bits = About { $bits } bits of chance.
generator-use = Use it
error-empty = There is nothing to seal yet. Type or paste your secret first.
error-label = Give every field of your own a name.
error-expiry = Choose a time from { $min } to { $max }.
error-views = Choose a number from { $min } to { $max }.
error-tries = Choose a number of tries from { $min } to { $max }.
error-passphrase-long = The passphrase is too long. At most 1,024 bytes.
error-too-large = This is too large for this server. At most { $size }.
error-offline = The server cannot be reached. Nothing was lost: your secret is still here. Try again.
error-lost = The connection was lost. Nothing is lost: the upload can go on.
error-busy = The server asks you to wait { $wait }. Your secret is still here.
error-quota = Too many secrets from your network are waiting here. Your secret is still here. Burn some, or wait until some are opened or expire.
error-full = The server has no room for another secret now. Your secret is still here. Tell whoever runs it.
error-server = Something broke on the server. Your secret is still here. Try again.
error-browser = Your browser could not seal it. Nothing was sent, and your secret is still here. Try another browser, or the program in a terminal.
error-refused = The server did not accept this. Copy your secret, then reload the page: it may be older than the server.
error-files = Files are shared with the program in a terminal: sigill share FILE. Nothing on this page has changed.
switch-sure = What you wrote here is lost when the page changes its language. Change it?

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
done-passphrase = You set a passphrase. It is not on this page: tell it to them by phone or in person.
done-keep = Keep the receipt
done-kept = The receipt's link is in your clipboard

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
time-passphrase-matched = Somebody with the link knew the passphrase, and has not opened it
time-mail-sent = The link was mailed
time-mail-cancelled = The link was not mailed: the secret waited no longer
time-mail-failed = The link could not be mailed. Hand it over in another way
time-lost = The server was restored without its key. Nobody can open it any more
time-expired = Its time was up. Nobody can open it any more
time-integrity-failure = The server could not open its own copy. Nothing was lost
time-waiting = Waiting to be opened
time-waiting-locked = Waiting for you to unlock it
time-waiting-until = until { $time }
time-views-left = { $count ->
    [one] One opening is left
   *[other] { $count } openings are left
}
burn-sure = Burn it? Nobody will be able to open it, and it cannot be undone.
burn-yes = Yes, burn it
burn-no = Keep it
burn-won = Burned. Nobody can open it any more.
burn-lost-opened = Too late: it had been opened already. Change what it protected.
burn-lost-expired = Its time was up already. Nobody can open it.
burn-lost-lost = The server had lost its key before. Nobody can open it.
act-offline = No answer came, so it is not known whether that was done. Try again.
act-busy = Nothing was done: the server asks you to wait { $wait }. Then try again.
act-server = Something broke on the server, so it is not known whether that was done. Try again. If it goes on, tell whoever runs the server.
unlock = Unlock
unlock-done = Unlocked. It waits again.
unlock-not-locked = It was not locked.

## Open

open-verb = Show the secret
open-working = Opening
open-wrong-left = { $count ->
    [0] That did not match. Nothing was lost. No tries are left for now: ask the sender.
    [one] That did not match. Nothing was lost. One try left. Capital letters and spaces count.
   *[other] That did not match. Nothing was lost. { $count } tries left. Capital letters and spaces count.
}
open-wait = Too many tries. Nothing was lost. Try again in { $wait }.
revealed-lede = You opened it at { $time }. Keep what you need: this page forgets it.
revealed-text = What it says
revealed-files = { $count ->
    [one] File
   *[other] Files
}
revealed-wipe-soon = In less than a minute this page wipes itself.
failed-offline = The server cannot be reached. Try again now, on this page.
failed-busy = The server asks you to wait { $wait }. Nothing was lost.
failed-server = Something broke on the server. Try again now, on this page. If it goes on, tell whoever runs the server.
failed-undecryptable = The server cannot open its own copy just now. Nothing was lost. Tell whoever runs it, and try again later.
failed-damaged = What arrived could not be opened. Try again now, on this page: for a minute the server gives it to this page again.
failed-browser = Your browser could not open it. Nothing was lost. Try another browser, or the program in a terminal.

## Receipt

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
receipt-lede-burned = { $actor ->
    [system] Too many wrong passphrases burned it, as you had asked.
   *[other] You burned it.
} { $taken ->
    [0] Nobody had opened it, and nothing is left to find.
    [one] It had been opened once before that. Nothing is left to find.
   *[other] It had been opened { $taken } times before that. Nothing is left to find.
}
receipt-lede-expired = { $taken ->
    [0] Nobody opened it in time. Nothing is left to find.
    [one] It had been opened once before that. Nothing is left to find.
   *[other] It had been opened { $taken } times before that. Nothing is left to find.
}
receipt-heading-lost = It was lost
receipt-lede-lost = { $taken ->
    [0] This server was restored without its key before anybody opened it. If it is still needed, share it again.
    [one] This server was restored without its key. It had been opened once before that. If it is still needed, share it again.
   *[other] This server was restored without its key. It had been opened { $taken } times before that. If it is still needed, share it again.
}
receipt-heading-gone = No such receipt
receipt-lede-gone = The link of the receipt is incomplete, or the receipt is older than this server keeps it.
receipt-heading-unknown = What happened is not known yet
receipt-lede-unknown = The receipt is safe. Only the answer is missing.
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
