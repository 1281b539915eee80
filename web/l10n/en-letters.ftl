# Mails that take no link to a secret: what only the server says.

mail-foot = This mail was sent by { $host }. Nobody reads answers to it.
mail-account-verb = Look at your account
mail-unexpected = If you did not expect this, do nothing: without the link nobody gets in. If it goes on, tell whoever runs { $host }.
mail-not-you = If that was you, there is nothing to do. If it was not, somebody else may have got in: sign in, end the other sessions, change how you sign in, and tell whoever runs { $host }.

## A link that signs in

mail-sign-in-subject = Sign in to { $host }
mail-sign-in-heading = Your link to sign in
mail-sign-in-lede = It signs you in to { $host }, once. It opens a page that asks before it does anything.
mail-sign-in-verb = Sign in
mail-sign-in-until = It works for 15 minutes after this mail was sent. A newer link makes it worthless.

## A link that sets up an account

mail-set-up-subject = Set up your account at { $host }
mail-set-up-heading = Your account waits for you
mail-set-up-lede = Choose how you want to sign in to { $host }. The link works once, and opens a page that asks before it does anything.
mail-set-up-verb = Set up the account
mail-set-up-until = It works for a day after this mail was sent. A newer link makes it worthless.

## An invitation

mail-invitation-subject = { $inviter } invites you to { $organisation }
mail-invitation-heading = { $inviter } invites you to { $organisation }
mail-invitation-lede = { $role ->
    [owner] They share secrets through { $host }, and ask you to join as an owner.
    [admin] They share secrets through { $host }, and ask you to join as an administrator.
    [auditor] They share secrets through { $host }, and ask you to join as an auditor.
   *[member] They share secrets through { $host }, and ask you to join as a member.
}
mail-invitation-verb = Look at the invitation
mail-invitation-until = It stands until { $day } at { $time } UTC. A newer link makes this one worthless.
mail-invitation-unexpected = If you do not know { $inviter }, do nothing. Ask first, in a way that you know already.

## An API key that ends soon

mail-key-subject = An API key ends on { $day }
mail-key-heading = An API key ends soon
mail-key-lede = The key { $label } ({ $reference }) ends on { $day } at { $time } UTC. Programs that use it are refused from then on.
mail-key-verb = Look at the keys
mail-key-rotate = Rotate it before that: there is a new key at once, and the old one goes on for as long as you choose.

## A means of signing in has changed

mail-change-subject = How you sign in to { $host } has changed
mail-change-heading = How you sign in has changed
mail-change-codes-added = From now on you are asked for a one-time code.
mail-change-codes-removed = You are no longer asked for a one-time code.
mail-change-passkey-added = A passkey was added to your account.
mail-change-passkey-removed = A passkey was removed from your account.
mail-change-password-changed = The password of your account is a new one.
mail-change-password-removed = Your account has no password any more.
mail-change-provider-added = Your account can be signed in to with an identity that you have elsewhere.
mail-change-provider-removed = An identity that you have elsewhere no longer signs in to your account.
mail-change-recovery-code-used = One of your recovery codes was used to sign in. It does not work again.
mail-change-recovery-codes-made = Your account has new recovery codes. The old ones do not work any more.

## Signed in from a new place

mail-place-subject = Somebody has signed in to your account at { $host }
mail-place-heading = Signed in from a new place
mail-place-lede = On { $day } at { $time } UTC somebody has signed in to your account from { $network }, with { $agent }.

## What to look at, once a month

mail-review-subject = What to look at, this month at { $host }
mail-review-heading = What to look at this month
mail-review-organisation = This is about { $organisation }.
mail-review-account = This is about your account.
mail-review-nothing = There is nothing that needs a look.
mail-review-verb = Open the review
mail-finding-accounts-unused = Accounts that nobody uses: { $count }
mail-finding-keys-old = API keys that are old: { $count }
mail-finding-keys-unused = API keys that nobody uses: { $count }
mail-finding-keys-wide = API keys that may do more than they do: { $count }
mail-finding-passphrase-missing = Secrets without a passphrase: { $count }
mail-finding-second-factor-missing = People without a second factor: { $count }
mail-finding-other = Something else: { $count }

## Whether mail arrives

mail-test-subject = Mail from { $host } arrives
mail-test-heading = Mail arrives
mail-test-lede = Somebody who runs { $host } has sent this to see whether mail works. There is nothing to do.
