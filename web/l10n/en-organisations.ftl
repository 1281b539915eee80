# Organisations and their members: what only the pages of the server say.

## The list

orgs-title = Organisations
orgs-heading = { $count ->
    [0] You are in no organisation
    [one] You are in one organisation
   *[other] You are in { $count } organisations
}
orgs-lede = People who share rules, keys and a trail.
orgs-caption = Your organisations
orgs-name = Name
orgs-role = Your role
orgs-since = Since
orgs-none = Nobody has invited you yet
orgs-none-text = An organisation invites by mail. The mail has a link that makes you a member.
orgs-make = Make an organisation
orgs-make-help = You are its owner. You can invite others, and make them owners.
orgs-make-verb = Make it
orgs-asks-factor = Asks for a second factor

## Roles

role-owner = Owner
role-owner-help = May do everything, also make owners and delete the organisation.
role-admin = Administrator
role-admin-help = Looks after members and keys.
role-member = Member
role-member-help = Shares secrets, and follows what they have shared.
role-auditor = Auditor
role-auditor-help = Reads the trail and reports, and nothing else.

## One organisation

org-you-are = Here you are: { $role }.
org-members = Members
org-members-caption = Who is in { $name }
org-member = Address
org-you = You
org-suspended = Suspended
org-role-of = Role of { $email }
org-role-verb = Change role
org-remove = Remove
org-remove-means = Whoever is removed loses the keys that they have for the organisation, at once. What they have shared for it waits on and stays in its overview. Receipts that they hold go on.
org-invitations = Invitations
org-invitations-caption = Who was invited to { $name } and has not said yes
org-until = Valid until
org-withdraw = Withdraw
org-invite = Invite somebody
org-invite-email = Their address
org-invite-help = They get a mail with a link that works once, for seven days. Inviting again ends the link before.
org-invite-role = What they are to be
org-invite-verb = Send the invitation
org-settings = Settings
org-name = Name of the organisation
org-factor = Second factor
org-factor-label = Members must sign in with a second factor
org-factor-help = Without one nobody can act here; they can only leave. Passkeys, one-time codes and sign-in with a provider count.
org-save = Save
org-going = Leave or delete
org-leave = Leave
org-leave-last = You are the last owner. Make somebody else an owner before you leave, or delete the organisation.
org-delete = Delete the organisation

## Before somebody goes

leave-title = Leave { $name }
leave-lede = This is what happens.
leave-keys = Your API keys for the organisation are worth nothing, at once. Your own keys stay.
leave-secrets = Secrets that you have shared for it wait on until they expire, and stay in its overview.
leave-receipts = Receipts that you hold go on: you can still follow and burn with them.
leave-invitations = Invitations that you have sent are withdrawn.
leave-verb = Leave the organisation
leave-stay = Stay

remove-org-title = Delete { $name }
remove-org-lede = There is no way back. This is what happens.
remove-org-members = Nobody is a member any more.
remove-org-keys = Its API keys, and those of members for it, are worth nothing, at once.
remove-org-invitations = Its invitations are withdrawn.
remove-org-receipts = Receipts that somebody holds go on, and so does the trail.
remove-waiting = Secrets that still wait
remove-waiting-leave = Leave them to expire
remove-waiting-leave-help = Whoever has a link can still open it.
remove-waiting-burn = Burn them now
remove-waiting-burn-help = Nobody opens them any more.
remove-org-verb = Delete the organisation

remove-account-title = Delete your account
remove-account-lede = There is no way back. This is what happens.
remove-account-sessions = You are signed out everywhere. Passwords, passkeys and codes are gone.
remove-account-keys = Your API keys are worth nothing, at once.
remove-account-places = You are in no organisation any more. What you have shared for one stays in its overview.
remove-account-receipts = Receipts that you hold go on. Your notes are gone.
remove-account-trail = The trail of what has happened stays.
remove-account-verb = Delete my account
remove-account-last-owner = You are the last owner of { $names }. Make somebody else an owner first, or delete it.
remove-account-last-administrator = You are the last administrator here. Make somebody else one first.
gone-account-title = Your account is deleted
gone-account-text = You are signed out. What you chose for secrets that were waiting has been done.

## An invitation

invitation-title = You are invited
invitation-lede = Somebody has asked you to join their organisation. Nothing has happened yet.
invitation-token = The code of your invitation
invitation-token-help = It is in the link that you got. If it is not here already, paste what stands behind the # in it.
invitation-join = I have an account
invitation-join-help = Sign in with the address that the mail went to. Then you say yes.
invitation-new = Make an account
invitation-new-help = For the address that the mail went to.
invitation-accept = Join
invitation-signed-in = You are signed in as { $email }.
invitation-worthless = This invitation is not valid any more. It was used or withdrawn, or seven days have passed. Ask for another one.
invitation-another = This invitation is for another address than the one that you are signed in with. Sign out, and sign in with the other one.
invitation-sign-in = There is an account with this address already. Sign in with it first, and then say yes.
invitation-closed = There is no account with this address, and new ones are not made here. Ask whoever looks after this instance.

## What was done, and why not

org-fault-absent = There is no such person or invitation here any more.
org-fault-member = They are a member already.
org-fault-wait = Too many invitations were sent. Try again later.
org-fault-owner = The last owner cannot go. Make somebody else an owner first.
org-fault-role = Your role does not permit that.
org-fault-factor = This organisation asks for a second factor. Sign in with one: a passkey, a one-time code, or a provider.
org-fault-many = There are as many as there may be.
org-fault-mail = Nobody can be invited: this instance sends no mail.
org-fault-name = A name has 1 to 64 characters in one line.
org-fault-email = That is not an e-mail address.
org-factor-title = A second factor is needed
org-absent-title = There is no such organisation
org-absent-text = It may have been deleted, or you may have left it.
org-back = Your organisations

## Where not everybody may share

closed-title = Sign in to share
closed-text = On this server only some may share secrets. Whoever has a link can open it as ever.
closed-sign-in = Sign in
