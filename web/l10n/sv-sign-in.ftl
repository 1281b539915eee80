# Signing in, and the frame of the pages for those who are: what only the pages of the server say.

## The frame

house-places = Platser
house-share = Dela
house-overview = Översikt
house-keys = Nycklar
house-organisations = Organisationer
house-account = Konto
house-administration = Administration
house-who = Inloggad som
house-sign-out = Logga ut
house-actions = Åtgärder
house-foot = Det du delar förseglas i din webbläsare. Ingen här kan läsa det.
