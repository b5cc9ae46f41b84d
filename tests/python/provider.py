"""A directory of your own: a complete DirectoryProvider, over people in a JSON file.

    python provider.py PEOPLE.json ADDRESS      # ADDRESS: 127.0.0.1:7421 or unix:/run/people.sock

The file is read anew for each question, so that an edit of it shows as soon as feedgate asks again:

    {"domains": ["people.example"],
     "users": [{"id": "u-1", "name": "jane", "password": "pbkdf2:SALT:HEX", "groups": ["g-1"]}],
     "groups": [{"id": "g-1", "name": "developers", "groups": ["g-2"]}, {"id": "g-2", "name": "staff"}]}

`python provider.py --hash PASSWORD` says what to write for a password. A user may also have a `display_name`, an `email`,
an `account` (`enabled`, `disabled` or `expired`), and be `locked`. The modules that were generated from the protos have
to be on PYTHONPATH, always. What to copy from here: ids that are never given
to anybody else, groups followed to the end, and errors, never empty answers, when something is wrong.
"""

import hashlib
import hmac
import json
import secrets
import sys
from concurrent import futures

import grpc

from feedgate.v1 import directory_provider_pb2 as pb
from feedgate.v1 import directory_provider_pb2_grpc as rpc

ROUNDS = 200_000
ACCOUNTS = {
    "enabled": pb.PROVIDER_ACCOUNT_ENABLED,
    "disabled": pb.PROVIDER_ACCOUNT_DISABLED,
    "expired": pb.PROVIDER_ACCOUNT_EXPIRED,
}


def hashed(password, salt):
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), ROUNDS).hex()


def is_password(stored, password):
    _, salt, expected = stored.split(":")
    return hmac.compare_digest(hashed(password, salt), expected)


class Twice(Exception):
    """Two have the name that was asked about."""


class Directory:
    """The people, as the file has them at this moment."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.data = json.load(file)
        self.groups = {group["id"]: group for group in self.data.get("groups", [])}

    def find(self, kind, key):
        """The one entry that a key means, or None. Two are an error: whose grants would count?"""
        how = key.WhichOneof("kind")
        if how == "id":
            found = [entry for entry in self.data.get(kind, []) if entry["id"] == key.id]
        else:
            # A login name may be an email address: a name with a domain is looked for with it and without.
            names = [key.name] if how == "name" else [key.qualified.name, key.qualified.whole]
            names = [name.casefold() for name in names]
            found = [entry for entry in self.data.get(kind, []) if entry["name"].casefold() in names]
        if len(found) > 1:
            raise Twice(names[-1] if how != "id" else key.id)
        return found[0] if found else None

    def user(self, entry):
        groups, queue = {}, list(entry.get("groups", []))
        while queue:
            group = self.groups[queue.pop()]
            if group["id"] not in groups:
                groups[group["id"]] = group
                queue += group.get("groups", [])
        return pb.ProviderUser(
            id=entry["id"],
            name=entry["name"],
            display_name=entry.get("display_name", ""),
            email=entry.get("email", ""),
            account=ACCOUNTS[entry.get("account", "enabled")],
            groups=[pb.ProviderGroup(id=group["id"], name=group["name"]) for group in groups.values()],
        )


class Provider(rpc.DirectoryProviderServicer):
    def __init__(self, path):
        self.path = path

    def open(self, context):
        try:
            return Directory(self.path)
        except (OSError, ValueError) as error:
            context.abort(grpc.StatusCode.UNAVAILABLE, f"the people can't be read: {error}")

    def one(self, directory, kind, key, context):
        try:
            return directory.find(kind, key)
        except Twice as name:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(name))

    def Describe(self, request, context):
        data = self.open(context).data
        return pb.DescribeResponse(
            description="people in a JSON file", domains=data.get("domains", []), netbios=data.get("netbios", [])
        )

    def FindUser(self, request, context):
        directory = self.open(context)
        entry = self.one(directory, "users", request.user, context)
        return pb.FindUserResponse(user=directory.user(entry) if entry else None)

    def FindGroup(self, request, context):
        entry = self.one(self.open(context), "groups", request.group, context)
        group = pb.ProviderGroup(id=entry["id"], name=entry["name"]) if entry else None
        return pb.FindGroupResponse(group=group)

    def Search(self, request, context):
        data, prefix = self.open(context).data, request.prefix.casefold()
        entries = [
            pb.FoundEntry(
                is_group=kind == "groups",
                id=entry["id"],
                name=entry["name"],
                display_name=entry.get("display_name", ""),
            )
            for kind in ("users", "groups")
            for entry in data.get(kind, [])
            if entry["name"].casefold().startswith(prefix)
        ]
        return pb.SearchResponse(entries=sorted(entries, key=lambda entry: entry.name)[: request.limit])

    def VerifyPassword(self, request, context):
        directory = self.open(context)
        entry = self.one(directory, "users", request.user, context)
        if not entry:
            return pb.VerifyPasswordResponse(verdict=pb.PASSWORD_VERDICT_UNKNOWN_USER)
        if not request.password or not is_password(entry["password"], request.password):
            return pb.VerifyPasswordResponse(verdict=pb.PASSWORD_VERDICT_WRONG_PASSWORD)
        if entry.get("account", "enabled") == "disabled":
            return pb.VerifyPasswordResponse(verdict=pb.PASSWORD_VERDICT_DISABLED)
        if entry.get("account") == "expired":
            return pb.VerifyPasswordResponse(verdict=pb.PASSWORD_VERDICT_ACCOUNT_EXPIRED)
        if entry.get("locked"):
            return pb.VerifyPasswordResponse(verdict=pb.PASSWORD_VERDICT_LOCKED)
        return pb.VerifyPasswordResponse(verdict=pb.PASSWORD_VERDICT_ACCEPTED, user=directory.user(entry))


def main(path, address):
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
    rpc.add_DirectoryProviderServicer_to_server(Provider(path), server)
    port = server.add_insecure_port(address)
    server.start()
    print(f"listening {address if address.startswith('unix:') else address.rsplit(':', 1)[0] + f':{port}'}", flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    if sys.argv[1] == "--hash":
        salt = secrets.token_hex(8)
        print(f"pbkdf2:{salt}:{hashed(sys.argv[2], salt)}")
    else:
        main(sys.argv[1], sys.argv[2])
