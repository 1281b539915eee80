"""Shares once with the `onetimesecret` that is installed beside this interpreter, unchanged, and says as JSON
what came of it: a link, or the message of an error."""

import json
import sys

from onetimesecret import OneTimeSecretCli

words = json.load(sys.stdin)
try:
    link = OneTimeSecretCli(*words["who"], url=words["url"]).create_link(*words["what"])
    said = {"link": link}
except Exception as error:
    said = {"error": type(error).__name__, "message": str(error)}
json.dump(said, sys.stdout)
