# Administration: what only the pages of the server say.

admin-rooms = Administration
admin-condition = State
admin-accounts = Accounts
admin-organisations = Organisations
admin-switches = Switches
admin-letters = Mail
admin-lede = How this instance is, now. Nobody here can read or open what others have shared.
admin-heading-well = All is well
admin-heading-full = There is no room for more
admin-heading-dead = { $count ->
    [one] One mail could not be sent
   *[other] { $count } mails could not be sent
}
admin-version = Version
admin-room = Room taken
admin-disk = Left on the disk
admin-mail = Mail
admin-mail-yes = Is sent
admin-mail-no = Is not set up
admin-dead = Mails not sent
admin-stretching = Passphrases being checked
admin-accounts-heading = { $count ->
    [one] One account
   *[other] { $count } accounts
}
admin-accounts-lede = Who may sign in. That you have looked is in the audit trail.
admin-address = Address
admin-role = Role
admin-role-yes = Administrator
admin-role-no = Member
admin-suspended = Suspended
admin-since = Since
admin-seen = Last used
admin-never-seen = Never
admin-suspend = Suspend
admin-resume = Resume
admin-last = That is the last administrator: nobody would look after this instance.
admin-organisations-heading = { $count ->
    [0] No organisation yet
    [one] One organisation
   *[other] { $count } organisations
}
admin-organisations-lede = People who share rules, keys and a trail. That you have looked is in the audit trail.
admin-name = Name
admin-members = Members
admin-none = Nobody has made one yet
admin-none-text = An organisation is made under Organisations, by whoever the switch permits.
admin-switches-heading = What this instance permits
admin-switches-lede = Each switch stands by itself. It holds at once here, and within a second on every other node.
switch-creating = Who may share
switch-creating-help = anybody, signed-in, members or keys. Whoever has a link may open it in any case.
switch-networks = Networks that may always share
switch-networks-help = Networks such as 10.0.0.0/8, with commas between; empty for none.
switch-organisations = Who may make organisations
switch-organisations-help = administrators or signed-in.
switch-sign-up = Who may make an account
switch-sign-up-help = closed, invitation, domain:example.org or open.
switch-other = Another switch
switch-other-help = See the guide.
switch-wrong = That is none of the values that it may have.
switch-set = Set
admin-letters-heading = { $count ->
    [0] Nothing has failed
    [one] One mail could not be sent
   *[other] { $count } mails could not be sent
}
admin-letters-lede = Mails that wait, and those that were given up. Links to secrets are never among them.
admin-letter = Mail
admin-tried = Tried
admin-cause = Why not
admin-next = Next
admin-gave-up = Given up
admin-retry = Try again
admin-drop = Drop
admin-no-letters = No mail waits
admin-no-letters-text = What is sent leaves this list. What could not be sent stays until somebody looks.
admin-test = See whether mail works
admin-test-to = To
admin-test-send = Send a test
admin-test-sent = The mail server has taken it.
admin-test-no-mail = This instance sends no mail: set smtp and mail-from.
admin-test-failed = The mail server did not take it. The log says why.
admin-no-address = That is no address.
