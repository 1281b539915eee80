# Identities at providers: what only the pages of the server say.
