r"""Asks a running feedgate one question: python check.py USER ATTRIBUTE FEED

The two modules come from the protos:
    pip install grpcio grpcio-tools
    python -m grpc_tools.protoc -I proto --python_out=examples --grpc_python_out=examples \
        proto/feedgate/v1/*.proto proto/google/rpc/status.proto
"""

import sys

import grpc
from feedgate.v1 import common_pb2, decision_service_pb2, decision_service_pb2_grpc

user, attribute, feed = (sys.argv[1:] + ["jdoe", "Feeds_DownloadPackage", "unapproved-nuget"][len(sys.argv) - 1 :])[:3]

with grpc.insecure_channel("127.0.0.1:7420") as channel:
    decisions = decision_service_pb2_grpc.DecisionServiceStub(channel)
    answer = decisions.Check(
        decision_service_pb2.CheckRequest(
            subject=common_pb2.Subject(user=common_pb2.Subject.User(name=user)),
            attribute=attribute,
            target=common_pb2.Target(feed=feed),
        ),
        timeout=5,
    )

print("allowed" if answer.allowed else "denied", common_pb2.Reason.Name(answer.reason), "grant", answer.grant_id)
