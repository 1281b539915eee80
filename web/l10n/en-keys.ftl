# API keys: what only the pages of the server say.

keys-heading = { $count ->
    [0] No key yet
    [one] One key works
   *[other] { $count } keys work
}
keys-lede = Give each program a key of its own, with as little in it as the program needs. A key is shown once and kept only as a hash.
keys-make = Make a key
keys-none = No program asks for you yet
keys-none-text = A key lets a script or a service share, follow or burn for you, without your password and within the limits that you set.
keys-soon = { $name } ends soon. Rotate it now: both keys work until the old one ends.
keys-key = Key
keys-may = May
keys-from = Only from
keys-used = Last used
keys-ends = Ends
keys-look = Rotate or revoke
keys-unnamed = A key without a name
keys-anywhere = Any network
keys-unused = Never
keys-revoked = Revoked
keys-expired = Ended
keys-never-ends = Never
keys-leaked = If a key has leaked
keys-leaked-text = Revoke it. It is worth nothing from the next request on, on every node. Whoever finds a key may also send it to /v1/keys/report: then nobody can use it any more.
keys-new-heading = A new key
keys-new-lede = It can do what you tick here and nothing else.
keys-label = Name
keys-label-help = Which program has it, and where. You will look for it by this name.
keys-label-wrong = A name has 1 to 64 characters in one line.
keys-may-question = What may it do?
keys-no-scope = Tick at least one thing that the key may do.
keys-many = You have 100 keys, which is as many as there may be. Revoke those that no program uses.
keys-how-long = For how long?
keys-days = { $count ->
    [one] One day
   *[other] { $count } days
}
keys-networks = Only from these networks
keys-networks-help = Addresses such as 192.0.2.7, or networks such as 192.0.2.0/24. Empty: from anywhere.
keys-networks-wrong = Write addresses, or networks such as 192.0.2.0/24, with spaces between them; 64 at most.
keys-per-minute = Requests in a minute
keys-per-minute-help = Empty: as many as anybody may make.
keys-per-minute-wrong = Write a number from 1 to 6000, or leave it empty.
keys-back = Back
keys-shown-heading = Here is the key
keys-shown-lede = This is the only time that it is shown. Put it where the program keeps its secrets, and nowhere else.
keys-shown-help = Whoever has it acts for you. Do not put it into code, a ticket or a chat.
keys-shown-done = I have put it away
keys-reference = Reference
keys-made = Made
keys-rotate = Rotate
keys-rotate-text = A new key that may do the same works at once. The old one ends after the time that you choose, so that nothing stands still.
keys-overlap = The old key goes on for
keys-overlap-none = No time: it ends now
keys-overlap-hour = One hour
keys-overlap-days = { $count ->
    [one] One day
   *[other] { $count } days
}
keys-rotate-verb = Make the new key
keys-revoke = Revoke
keys-revoke-text = It is worth nothing from the next request on. This cannot be undone.
keys-revoke-verb = Revoke this key
scope-secrets-create = Share secrets.
scope-secrets-open = Open secrets whose link it has.
scope-secrets-burn = Burn secrets that you have shared.
scope-receipts-read = Follow what you have shared, and list it.
scope-account-read = Read what is known about your account.
scope-members-manage = Invite and remove members of an organisation.
scope-domains-manage = Add, prove and remove domains.
scope-audit-read = Read the audit trail.
scope-keys-manage = Make, rotate and revoke keys, none wider than itself.
scope-incident-act = Freeze, burn and revoke when something has gone wrong.

## A program on another machine

device-title = Sign a program in
device-heading = Sign a program in
device-code = Code
device-code-help = The eight letters that the program shows, in your terminal for instance.
device-look = Go on
device-unknown = There is no such code, or its ten minutes are over. Start again in the program.
device-too-often = That was tried too often. Wait a minute.
device-permitted = It is signed in. The program goes on by itself; its key is in your list.
device-refused = It was refused, and gets nothing.
device-question = Shall this program act for you?
device-warning = Permit it only if you have just started it yourself. Whoever has sent you this code by mail or chat wants to act in your name.
device-says = It calls itself
device-from = It asks from
device-since = Since
device-permit = Permit it
device-refuse = Refuse
