# Identities at providers: what only the pages of the server say.
provider-continue = Continue with { $provider }

## On the way there

provider-going-title = Going to { $provider }
provider-going = You are going to { $provider }
provider-going-lede = They ask who you are, and send you back here. They never see what you share.
provider-go = Go on to { $provider }

## Back again

provider-back-title = Welcome back
provider-on = Go on
provider-back = One click, and you are in
provider-back-lede = You have shown who you are. Nothing has happened here yet.
provider-back-go = Sign in
provider-confirm-title = Confirm it is you
provider-confirm = One click confirms it
provider-confirm-lede = You have shown once more who you are. Nothing has happened here yet.
provider-confirm-go = Confirm
provider-add-title = Add a way to sign in
provider-add = Add this way to sign in?
provider-add-lede = From then on whoever can sign in there as you can sign in here as you.
provider-add-go = Add it

## When nothing came of it

provider-not-in-title = Not signed in
provider-lost = Nothing is lost. Every other way to sign in works as before.
provider-lost-go = Back to signing in
provider-turned = You were not let through
provider-turned-lede = The provider has sent you back without saying who you are. Perhaps you changed your mind, or you may not use this service there.
provider-over = This sign-in is over
provider-over-lede = It was begun in another browser, it was finished already, or it took more than ten minutes. Begin anew.
provider-unknown = No account opens with this
provider-unknown-lede = You are known there, and not here. If you have an account, sign in as you usually do and add this way on your account page. Otherwise ask whoever runs this service.
provider-address = Your address is not confirmed there
provider-address-lede = The provider does not vouch for an e-mail address of yours. Confirm it there, or ask whoever looks after your account there.
provider-away-lede = It may be back in a few minutes.
provider-away = The provider does not answer
provider-unfit = The provider was not understood
provider-unfit-lede = What it says about you could not be proven, so it counts for nothing. If it happens again, tell whoever runs this service.
provider-stale = Show there once more who you are
provider-stale-lede = The provider does not say that you have signed in there just now, so it confirms nothing. Use another way to confirm it is you.
provider-taken = This is somebody's already
provider-taken-lede = That identity opens an account here already, yours or another one. It can open one alone.
provider-gone = This provider is not here any more
provider-gone-lede = Whoever runs this service has removed it.

## On the account's page

identities-title = Identities at providers
identities-text = Whoever can sign in there as you can sign in here as you.
identities-where = Provider
identities-remove = Remove
identities-last = Nobody could sign in without it. Add a password or a passkey first.
