# Mails: what only the pages of the server say.
