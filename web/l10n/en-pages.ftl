# English, for the pages as the server makes them. What modules say while they run is in en.ftl.

## Everywhere

brand = Sigill
skip = Skip to content
foot-sealed = Sealed in your browser. The server never holds the key.
foot-delivered = Delivered with Sigill. The server cannot read this secret.
foot-practice = Good practice
foot-other-language = Svenska
save = Save
going-label = How far it is
loading-heading = One moment
loading-late = This takes longer than it should. Reload the page. If you have written something, copy it first.
reload = Reload the page
no-script-title = This page needs JavaScript
no-script-text = Your browser seals and opens secrets itself, so that the server never sees them. Without JavaScript it cannot. Switch it on for this page, or use the program in a terminal:
insecure-title = This connection is not secure
insecure-text = Browsers seal and open secrets only on pages that came over HTTPS, and this one did not. Nothing was sent. Ask whoever runs this server to put it behind HTTPS; the guide for operators says how.

## Create

create-title = Share a secret
create-heading = What should stay secret?
create-label = Your secret
create-placeholder = Write or paste it here
create-make-password = Make a password
pass-copy = the passphrase
create-preview = What they will see
preview-help = This is a picture. Their page shows nothing of the secret until they press the button.
offer-title = A user name and a password, together.
offer-text = As named fields, each can be copied on its own, and the password stays masked until it is asked for.
field-label = Its name
terms-label = Terms
terms-more = more
expiry-label = Goes away after
expiry-short-300 = 5 min
expiry-short-3600 = 1 h
expiry-short-14400 = 4 h
expiry-short-86400 = 1 day
expiry-short-259200 = 3 days
expiry-short-604800 = 7 days
expiry-short-2592000 = 30 days
expiry-exact = Another time
expiry-unit = Unit
unit-minutes = minutes
unit-hours = hours
unit-days = days
views-label = Can be opened
views-fewer = Fewer
views-more = More
views-help = Each opening is one reader. A wrong passphrase or a link preview does not count.
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
generator-another = Another

## Done

done-link = The link
done-apart = Link and key apart
done-apart-text = Send these through different channels. Neither opens anything alone.
done-address = The link, by mail or chat
done-key = The key, by text message or phone
done-qr = QR code
done-qr-text = For somebody in the same room. It holds the link and the key, so do not put it in a mail.
done-qr-name = QR code of the link
done-qr-save = Save image
done-own = Do not try the link yourself: that uses up an opening. The receipt below shows what happens to it.
done-another = Create another
copy-link = the link
copy-address = the link without its key
copy-key = the key

## What happened

burn-now = Burn now

## Open

open-title = A secret for you
open-heading = You have received a secret
open-lede = It can be shown to you once.
open-untouched = Nothing has happened yet.
open-learn = The sender will learn that it was opened, whether it arrived, and when. Not who you are.
open-learn-passphrase = The sender will learn that it was opened, whether it arrived, how many passphrases were wrong, and when. Not who you are.
open-unexpected = Not expecting anything? Close this page, and the secret stays sealed.
open-passphrase = Passphrase
open-passphrase-show = Show what I type
open-passphrase-help = The sender has it. It comes another way than the link.
open-own-title = This is your own link.
open-own-text = You made it in this browser. If you open it, an opening is used up, and the person you made it for may not be able to open it.
open-own-anyway = Open it anyway
open-own-back = Leave it closed
revealed-heading = Here it is
revealed-save = Save as a file
revealed-wipe = until this page wipes itself
revealed-longer = Five more minutes
revealed-wipe-now = I have it, wipe now
wiped-heading = Wiped from this page
wiped-lede = Nothing of it is left here. If you missed something, ask the sender for a new link.
gone-heading = Nothing here any more
gone-lede = It was opened, burned, locked or lost, or its time was up. The server does not say which.
gone-tell = If you did not open it, tell the sender now.
gone-tell-why = Somebody else may have, and they will want to change what was in it.
gone-check = If you opened it yourself, on another device perhaps, all is well.
spent-heading = It did not arrive whole
spent-lede = The sender chose to have it handed out at most once. It was handed out to this page, what arrived does not open, and the server has nothing left of it.
spent-tell = Tell the sender.
spent-tell-why = They can share it again. Nobody else can open this one.
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

## Receipt

receipt-title = Receipt
receipt-facts = Facts

## Sealed by the server

foot-server = Sealed by the server, which has forgotten the key.
sealed-how-title = The server has sealed this one.
sealed-how = It was not sealed in the sender's browser. The server has forgotten the key: it can open it only with this link, when you press the button. For that moment it sees what is inside.
sealed-learn = The sender will learn that it was opened, and when. Not who you are.
sealed-learn-passphrase = The sender will learn that it was opened, how many passphrases were wrong, and when. Not who you are.
sealed-once = It is destroyed as it is shown: if your connection breaks at that moment, it is lost.
sealed-needed = Type the passphrase first. Nothing was lost.
sealed-busy = The server has many passphrases to check. Nothing was lost. Wait a moment, then try again.
sealed-shown = The server has nothing left of it. Keep what you need before you leave this page.
sealed-again = Go back to the message, copy the whole link, and open it again.
sealed-link = Whoever has it can open the secret, once. Do not try it yourself: that uses it up.
sealed-link-passphrase = Whoever has it and knows the passphrase can open the secret, once. Do not try it yourself: that uses it up.
sealed-created = Sealed by the server, for you
sealed-lede-locked = Too many wrong passphrases were tried. Nobody can open it any more. Burn it, and share what is inside once more.
sealed-time-locked = Nobody can open it any more
sealed-rejected = A wrong passphrase
receipt-kept = This receipt goes away
receipt-sealed-server = The server. It has forgotten the key, and opens it only with the link.

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

## Troubles

trouble-title = Not now
trouble-method = This cannot be done here
trouble-method-lede = The page was asked for something that it does not do. Nothing has changed.
trouble-large = That is too large
trouble-large-lede = More was sent than this server takes. Nothing has changed.
trouble-host = This server has another name
trouble-host-lede = It does not answer under the address that was asked. Check the address, or ask whoever gave it to you.
trouble-many = A little slower, please
trouble-many-lede = Many requests have come from your network. Nothing was lost by this one. Wait a moment, then reload the page.
trouble-busy = The server is busy
trouble-busy-lede = It has more to do than it can do at once. Nothing was lost by this request. Wait a moment, then reload the page.
trouble-refused = The server did not understand
trouble-refused-lede = Something was wrong with this request. Nothing has changed. Check the address, and try again.
trouble-broken = Something broke on the server
trouble-broken-lede = Try again. If it goes on, tell whoever runs this server.

## What is mailed to somebody

letter-subject = A secret for you from { $sender }
letter-heading = { $sender } has sent you a secret
letter-verb = Open the secret
letter-once = It can be shown once, and then it is gone. The link opens a page that asks before it shows anything.
letter-until = It waits until { $day } at { $time } UTC. After that nobody can open it.
letter-passphrase = You need a passphrase as well. Whoever sent the secret gives it to you in another way.
letter-unexpected = If you did not expect this, do not open it. Ask { $sender } first, in a way that you know already. The page never asks for a password of yours.
letter-foot = This mail was sent by { $host }, because somebody with an account there asked for it.
