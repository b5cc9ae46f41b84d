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

from feedgate.v1 import analysis_service_pb2, analysis_service_pb2_grpc
from feedgate.v1 import common_pb2, decision_service_pb2, decision_service_pb2_grpc
from feedgate.v1 import policy_pb2, policy_service_pb2, policy_service_pb2_grpc
from feedgate.v1 import watch_service_pb2, watch_service_pb2_grpc


def connect(address):
    # Over a Unix socket gRPC would send the escaped path as the authority, which isn't one.
    options = [("grpc.default_authority", "localhost")] if address.startswith("unix:") else []
    return grpc.insecure_channel(address, options=options)


def user(name):
    return common_pb2.Subject(user=common_pb2.Subject.User(name=name))


def feed(name):
    return common_pb2.Target(feed=name)


def bearer(token):
    return [("authorization", f"Bearer {token}")]


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
    to_nobody = policy_pb2.Grant()
    to_nobody.CopyFrom(grant)
    to_nobody.principal.group.name = "nobody"
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
            put(group=policy_pb2.Group(name="nobody")),
            put(grant=to_nobody),
        ]
    )
    refused = refusal(lambda: policy.Write(request))
    answer = policy.Write(request, metadata=bearer(token))
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


def look(channel, token):
    """Answers that come in streams, and a promotion."""
    decisions = decision_service_pb2_grpc.DecisionServiceStub(channel)
    lookup = decision_service_pb2.LookupFeedsRequest(subject=user("ann"), attribute="Feeds_ViewFeed")
    found = decisions.LookupFeeds(lookup, metadata=bearer(token))
    promotion = decision_service_pb2.CheckPromotionRequest(
        subject=user("ann"), source_feed="nuget", target_feed="nowhere"
    )
    promotion = decisions.CheckPromotion(promotion)
    kinds = decision_service_pb2.PromotionRequirementKind
    return {
        "refused": refusal(lambda: list(decisions.LookupFeeds(lookup))),
        "feeds": [feed.name for part in found for feed in part.feeds],
        "promotion": promotion.allowed,
        "unmet": [kinds.Name(it.kind) for it in promotion.requirements if not it.met],
    }


def lint(channel, token):
    analysis = analysis_service_pb2_grpc.AnalysisServiceStub(channel)
    code = analysis_service_pb2.FINDING_CODE_EMPTY_GROUP
    request = analysis_service_pb2.LintRequest(codes=[code])
    findings, counts = [], []
    for answer in analysis.Lint(request, metadata=bearer(token)):
        part = answer.WhichOneof("part")
        if part == "progress":
            # There is none when it is done at once.
            assert answer.progress.done <= answer.progress.total
        elif part == "findings":
            findings += [finding.objects[0].WhichOneof("kind") for finding in answer.findings.findings]
        else:
            codes = analysis_service_pb2.FindingCode
            counts = [[codes.Name(it.code), it.findings] for it in answer.summary.counts]
    return {"findings": findings, "counts": counts}


def watch(channel, token):
    """The history once more, from the beginning to the present."""
    policy = policy_service_pb2_grpc.PolicyServiceStub(channel)
    status = policy.GetStatus(policy_service_pb2.GetStatusRequest(), metadata=bearer(token))
    start = common_pb2.Revision(store=status.store_id, number=0)
    request = watch_service_pb2.WatchRequest(start_after=start)
    call = watch_service_pb2_grpc.WatchServiceStub(channel).Watch(request, metadata=bearer(token))
    events = []
    for message in call:
        event = message.WhichOneof("event")
        if event == "change_set":
            part = message.change_set
            kinds = [change.after.WhichOneof("kind") for change in part.changes]
            affected = sorted({entry.principal.WhichOneof("kind") for entry in part.affected.entries})
            events.append([part.revision.number, part.actor, kinds, part.last, affected])
        else:
            events.append([event, message.checkpoint.revision.number])
            call.cancel()
            return events


def reflect(address, token):
    """Knows nothing but the address: services, messages and methods come from the server."""
    with connect(address) as channel:
        database = ProtoReflectionDescriptorDatabase(channel)
        pool = descriptor_pool.DescriptorPool(database)

        def ask(service, name, request):
            method = pool.FindServiceByName(service).FindMethodByName(name)
            request_class = message_factory.GetMessageClass(method.input_type)
            answer_class = message_factory.GetMessageClass(method.output_type)
            kind = channel.unary_stream if method.server_streaming else channel.unary_unary
            call = kind(
                f"/{method.containing_service.full_name}/{method.name}",
                request_serializer=request_class.SerializeToString,
                response_deserializer=answer_class.FromString,
            )
            answer = call(json_format.ParseDict(request, request_class()), metadata=bearer(token))
            answers = answer if method.server_streaming else [answer]
            return [json_format.MessageToDict(it, preserving_proto_field_name=True) for it in answers]

        demand = {"subject": {"user": {"name": "ann"}}, "attribute": "Feeds_ViewFeed"}
        decisions = "feedgate.v1.DecisionService"
        answer = ask(decisions, "Check", {**demand, "target": {"feed": "nuget"}})[0]
        found = ask(decisions, "LookupFeeds", demand)
        promotion = {"subject": demand["subject"], "source_feed": "nuget", "target_feed": "nuget"}
        promotion = ask(decisions, "CheckPromotion", promotion)[0]
        linted = ask("feedgate.v1.AnalysisService", "Lint", {"codes": ["FINDING_CODE_EMPTY_GROUP"]})
        return {
            "feeds": [feed["name"] for part in found for feed in part["feeds"]],
            "promotion": [it["kind"] for it in promotion["requirements"] if not it.get("met")],
            "findings": linted[-1]["summary"]["counts"][0]["findings"],
            "services": sorted(database.get_services()),
            "allowed": answer["allowed"],
            "reason": answer["reason"],
            "revision": answer["revision"]["number"],
        }


def main(address, token):
    with connect(address) as channel:
        told = {"write": write(channel, token), "check": check(channel), "batch": batch(channel)}
        told |= {"look": look(channel, token), "lint": lint(channel, token)}
        told |= {"watch": watch(channel, token)}
    told["reflection"] = reflect(address, token)
    json.dump(told, sys.stdout)


main(*sys.argv[1:])
