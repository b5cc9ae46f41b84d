"""A client in Python, as an author of one would write it: generated from the protos, and by reflection.

Takes the server's address (HOST:PORT or unix:PATH) and the token; the folder with the generated modules is on PYTHONPATH. Says what it
did and got as one JSON object on standard output.
"""

import json
import sys

import grpc
from google.protobuf import descriptor_pool, json_format, message_factory
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from feedgate.v1 import common_pb2, decision_service_pb2, decision_service_pb2_grpc
from feedgate.v1 import policy_pb2, policy_service_pb2, policy_service_pb2_grpc


def connect(address):
    # Over a Unix socket gRPC would send the escaped path as the authority, which isn't one.
    options = [("grpc.default_authority", "localhost")] if address.startswith("unix:") else []
    return grpc.insecure_channel(address, options=options)


def user(name):
    return common_pb2.Subject(user=common_pb2.Subject.User(name=name))


def feed(name):
    return common_pb2.Target(feed=name)


def put(**kind):
    put = policy_service_pb2.PutObject(object=policy_pb2.Object(**kind))
    return policy_service_pb2.Change(put=put)


def refusal(call):
    """The code of a call that must fail, and the reason that the server gave."""
    try:
        call()
    except grpc.RpcError as error:
        return [error.code().name, reason(rpc_status.from_call(error))]
    raise AssertionError("it was taken")


def reason(status):
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info) and info.domain == "feedgate"
    return info.reason


def write(channel, token):
    policy = policy_service_pb2_grpc.PolicyServiceStub(channel)
    grant = policy_pb2.Grant(
        effect=common_pb2.EFFECT_PERMIT,
        principal=common_pb2.Principal(group=common_pb2.PrincipalName(name="devs")),
        task="View & Download Packages",
        scope=common_pb2.Scope(feed="nuget"),
    )
    request = policy_service_pb2.WriteRequest(
        changes=[
            put(user=policy_pb2.User(name="ann")),
            put(group=policy_pb2.Group(name="devs")),
            put(feed=policy_pb2.Feed(name="nuget", type="nuget")),
            put(
                membership=policy_pb2.Membership(
                    group=common_pb2.PrincipalName(name="devs"),
                    member=common_pb2.Principal(user=common_pb2.PrincipalName(name="ann")),
                )
            ),
            put(grant=grant),
        ]
    )
    refused = refusal(lambda: policy.Write(request))
    answer = policy.Write(request, metadata=[("authorization", f"Bearer {token}")])
    return {"refused": refused, "revision": answer.revision.number, "created": answer.summary.created}


def check(channel):
    decisions = decision_service_pb2_grpc.DecisionServiceStub(channel)

    def ask(subject, attribute):
        request = decision_service_pb2.CheckRequest(
            subject=subject, attribute=attribute, target=feed("nuget")
        )
        answer = decisions.Check(request)
        return [answer.allowed, common_pb2.Reason.Name(answer.reason)]

    return {
        "ann": ask(user("ann"), "Feeds_DownloadPackage"),
        "nobody": ask(
            common_pb2.Subject(anonymous=common_pb2.Subject.Anonymous()), "Feeds_DownloadPackage"
        ),
        "unknown attribute": refusal(lambda: ask(user("ann"), "Nope")),
    }


def batch(channel):
    decisions = decision_service_pb2_grpc.DecisionServiceStub(channel)
    attributes = ["Feeds_ViewFeed", "Nope", "Feeds_AddPackage"]
    request = decision_service_pb2.BatchCheckRequest(
        default_subject=user("ann"),
        default_target=feed("nuget"),
        items=[decision_service_pb2.BatchCheckItem(attribute=name) for name in attributes],
    )
    results = []
    for result in decisions.BatchCheck(request).results:
        if result.WhichOneof("outcome") == "decision":
            results.append(result.decision.allowed)
        else:
            results.append(reason(result.error))
    return results


def reflect(address):
    """Knows nothing but the address: services, messages and methods come from the server."""
    with connect(address) as channel:
        database = ProtoReflectionDescriptorDatabase(channel)
        pool = descriptor_pool.DescriptorPool(database)
        method = pool.FindServiceByName("feedgate.v1.DecisionService").FindMethodByName("Check")
        request_class = message_factory.GetMessageClass(method.input_type)
        answer_class = message_factory.GetMessageClass(method.output_type)
        call = channel.unary_unary(
            f"/{method.containing_service.full_name}/{method.name}",
            request_serializer=request_class.SerializeToString,
            response_deserializer=answer_class.FromString,
        )
        request = {
            "subject": {"user": {"name": "ann"}},
            "attribute": "Feeds_ViewFeed",
            "target": {"feed": "nuget"},
        }
        answer = call(json_format.ParseDict(request, request_class()))
        answer = json_format.MessageToDict(answer, preserving_proto_field_name=True)
        return {
            "services": sorted(database.get_services()),
            "allowed": answer["allowed"],
            "reason": answer["reason"],
            "revision": answer["revision"]["number"],
        }


def main(address, token):
    with connect(address) as channel:
        told = {"write": write(channel, token), "check": check(channel), "batch": batch(channel)}
    told["reflection"] = reflect(address)
    json.dump(told, sys.stdout)


main(*sys.argv[1:])
