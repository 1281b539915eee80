# What somebody has shared, and what is to be looked at: what only the pages of the server say.
overview-heading = { $waiting ->
    [0] Nothing waits
    [one] One waits
    [2] Two wait
    [3] Three wait
    [4] Four wait
    [5] Five wait
    [6] Six wait
    [7] Seven wait
    [8] Eight wait
    [9] Nine wait
    [10] Ten wait
    [11] Eleven wait
    [12] Twelve wait
   *[other] { $waiting } wait
}
overview-heading-look = { $waiting ->
    [0] Nothing waits
    [one] One waits
    [2] Two wait
    [3] Three wait
    [4] Four wait
    [5] Five wait
    [6] Six wait
    [7] Seven wait
    [8] Eight wait
    [9] Nine wait
    [10] Ten wait
    [11] Eleven wait
    [12] Twelve wait
   *[other] { $waiting } wait
}, { $look ->
    [one] one needs a look
    [2] two need a look
    [3] three need a look
    [4] four need a look
    [5] five need a look
    [6] six need a look
    [7] seven need a look
    [8] eight need a look
    [9] nine need a look
    [10] ten need a look
    [11] eleven need a look
    [12] twelve need a look
   *[other] { $look } need a look
}
overview-heading-none = Nothing shared yet
overview-lede = { $all ->
    [one] You have shared one secret lately.
   *[other] You have shared { $all } secrets lately.
} Opened: { $opened }. Gone unread: { $gone }. Burned: { $burned }.
overview-share = New secret
overview-show = Show
overview-all = All
overview-waiting = Waiting
overview-opened = Opened
overview-burned = Burned
overview-gone = Gone unread
overview-look = Needs a look
overview-find = Search your notes
overview-caption = Your secrets
overview-secret = Your note
overview-state = State
overview-ends = Ends
overview-tries = Wrong passphrases
overview-tries-of = { $failed } of { $limit }
overview-no-passphrase = No passphrase
overview-state-waiting = Waiting
overview-state-locked = Locked
overview-state-delivering = Being delivered
overview-state-opened = Opened
overview-state-burned = Burned
overview-state-expired = Expired
overview-state-lost = Lost
overview-look-at = Look
overview-shown = { $last } of { $count }
overview-newer = Newer
overview-older = Older
overview-csv = Export as CSV
overview-json = Export as JSON
overview-burn-ticked = Burn what is ticked
overview-none = You will find here what you share
overview-none-text = You see here what was shared with an API key of yours, and from the page where this server lets only those share who are signed in: whether it waits, was opened or went away unread. What is inside nobody can see here, and no link is kept: you hand it over when you make it.
overview-nothing = Nothing like that
overview-nothing-text = None of your secrets is in that state with such a note. Show all, or search for less.
overview-sure = { $count ->
    [one] Burn this one?
   *[other] Burn these { $count }?
}
overview-sure-lede = Nobody will be able to open them, and it cannot be undone. Whoever opens one before you press the button is first, and you are told.
overview-sure-verb = Yes, burn
overview-keep = Keep
overview-burned-heading = { $count ->
    [0] Nothing was burned
    [one] One is burned
   *[other] { $count } are burned
}
overview-burned-all = Nobody can open them any more.
overview-burned-some = With some something else was first. See below which.
overview-became = What became of it
overview-unknown = Unknown
overview-unknown-text = You have no such secret, or have it no longer.
overview-back = To the overview
overview-note = Your note
overview-note-label = What it is, and for whom
overview-note-help = Only you see it. Do not write down what the secret says. At most 500 characters.
overview-note-wrong = A note is a text of at most 500 characters.
overview-note-keep = Keep the note
overview-recipients = Mailed to
overview-time-locked = Nobody can open it while it is locked
