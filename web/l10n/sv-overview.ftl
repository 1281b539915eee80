# What somebody has shared, and what is to be looked at: what only the pages of the server say.
