"""moto's server, with a machine behind each instance, and closer to the real cloud where the driver depends on it.

FARM_HOOK      is told of each event by POST: {"event": "run|start|stop|reboot|terminate|address", ...the instance} and
               {"event": "delete-vpc", "vpc"}. Until it answers, the instance is pending, stopping or
               shutting-down. A `run` that is not answered with 200 ends the instance.
FARM_CAPACITY  {"t3.nano": 0, "t3.micro@eu-west-1a": 0}: how many may live, of a type or of a type in a zone.
FARM_PARAMETERS {"/aws/service/...": "ami-..."}: parameters that Amazon publishes.
"""
import functools
import itertools
import json
import os
import sys
import threading
import urllib.request

from moto.ec2 import utils
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import elastic_ip_addresses, elastic_network_interfaces, instances
from moto.ec2.models.elastic_ip_addresses import ElasticAddressBackend
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.instances import Instance, InstanceBackend, StateReason
from moto.ec2.models.security_groups import SecurityGroupBackend
from moto.ec2.models.subnets import SubnetBackend
from moto.ec2.models.vpcs import VPCBackend
from moto.ec2.responses.instances import InstanceResponse
from moto.ssm.models import Parameter, ParameterDict

HOOK = os.environ.get("FARM_HOOK")
CAPACITY = json.loads(os.environ.get("FARM_CAPACITY", "{}"))
PARAMETERS = json.loads(os.environ.get("FARM_PARAMETERS", "{}"))
STATES = {"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80}
NO_TOKEN = "ABCDE"  # what moto takes when none was sent
lock = threading.RLock()
by_token = {}


def refuse(code, message):
    raise EC2ClientError(code, message)


def set_state(instance, name):
    instance._state.name, instance._state.code = name, STATES[name]


def open_ports(instance):
    """TCP ports that any of the instance's groups lets anybody reach."""
    groups = {group.id: group for nic in instance.nics.values() for group in nic.group_set}
    rules = [rule for group in groups.values() for rule in group.ingress_rules]
    return sorted({int(rule.from_port) for rule in rules if rule.ip_protocol == "tcp"})


def describe(instance):
    backend = instance.ec2_backend
    pair = backend.key_pairs.get(instance.key_name)
    vpc = backend.get_vpc(instance.vpc_id)
    return {
        "id": instance.id,
        "image": instance.image_id,
        "ip": instance.private_ip,
        "publicIp": instance.public_ip or "",
        "ports": open_ports(instance),
        "vpc": vpc.id,
        "cidr": vpc.cidr_block,
        "publicKey": pair.public_key if pair else "",
        "userData": str(instance.user_data or ""),
    }


def tell(event, facts):
    """Whether the hook says that it is done."""
    if not HOOK:
        return True
    facts = {key: value.decode() if isinstance(value, bytes) else value for key, value in facts.items()}
    request = urllib.request.Request(HOOK, json.dumps({"event": event, **facts}).encode())
    try:
        with urllib.request.urlopen(request) as response:
            return response.status == 200
    except Exception as error:
        print("hook:", event, facts["id"], error, file=sys.stderr)
        return False


def fire(event, instance, facts, done):
    """Does it in the background, one after another for each instance; the last event decides the state."""
    turn = instance.__dict__.setdefault("farm_turn", threading.Lock())
    instance.farm_latest = latest = getattr(instance, "farm_latest", 0) + 1

    def work():
        with turn:
            told = tell(event, facts)
            if not told and event == "run":
                tell("terminate", facts)
        if not told and event == "run":
            Instance.farm_end(instance)
            instance.state_reason = StateReason("Server.InternalError: Internal error on launch", "Server.InternalError")
            set_state(instance, "terminated")
        elif instance.farm_latest == latest:
            set_state(instance, done)

    threading.Thread(target=work, daemon=True).start()


def replaced(owner, name):
    """Decorates a function that gets what it replaces as its first argument."""

    def decorate(function):
        original = getattr(owner, name)

        @functools.wraps(original)
        def replacement(*args, **kwargs):
            return function(original, *args, **kwargs)

        setattr(owner, name, replacement)
        return replacement

    return decorate


# --- launching: tokens count, capacity ends, states take their time -----------------------------------------------------------

utils.filter_dict_attribute_mapping["client-token"] = "client_token"


def live(backend):
    return [one for reservation in list(backend.reservations.values()) for one in reservation.instances if one.state_code not in (32, 48)]


def check_capacity(backend, count, kind, zone):
    for key, places in ((kind, None), (f"{kind}@{zone}", zone)):
        taken = [one for one in live(backend) if one.instance_type == kind and places in (None, one.availability_zone)]
        if key in CAPACITY and len(taken) + count > CAPACITY[key]:
            refuse("InsufficientInstanceCapacity", f"We currently do not have sufficient {kind} capacity in {zone}.")


@replaced(InstanceBackend, "run_instances")
def run_instances(original, backend, image_id, count, user_data, group_names, **wish):
    with lock:
        token = wish.get("client_token")
        key = None if token == NO_TOKEN else (backend.account_id, backend.region_name, token)
        print_of = json.dumps([image_id, count, str(user_data), group_names, wish], default=str, sort_keys=True)
        if key in by_token:
            known, reservation = by_token[key]
            if known != print_of:
                refuse("IdempotentParameterMismatch", "The request uses the same client token with other parameters.")
            return reservation
        subnets = [nic["SubnetId"] for nic in wish.get("nics", []) if "SubnetId" in nic] or [wish.get("subnet_id")]
        zone = backend.get_subnet(subnets[0]).availability_zone if subnets[0] else None
        check_capacity(backend, count, wish.get("instance_type"), zone)
        reservation = original(backend, image_id, count, user_data, group_names, **wish)
        if key:
            by_token[key] = (print_of, reservation)
        for instance in reservation.instances:
            set_state(instance, "pending")
            fire("run", instance, describe(instance), "running")
        return reservation


@replaced(InstanceResponse, "_validate_block_device_mapping")
def validate_block_device_mapping(original, _response, device_mapping):
    """Without a size the root disk is as large as the image's."""
    ebs = device_mapping.get("Ebs", {})
    if "SnapshotId" not in ebs:
        ebs.setdefault("VolumeSize", 8)
    return original(device_mapping)


def step(name, allowed, already, meanwhile, done):
    """An order to an instance, as a real cloud takes it: refused in the wrong state, done later."""

    @replaced(Instance, name)
    def order(original, instance):
        with lock:
            state = instance._state.name
            if state in already:
                return instances.copy.copy(instance._state)
            if state not in allowed:
                refuse("IncorrectInstanceState", f"The instance '{instance.id}' is not in a state from which it can be changed.")
            facts = describe(instance)
            previous = original(instance)
            set_state(instance, meanwhile)
            if name == "start":
                facts = describe(instance)
            fire(name, instance, facts, done)
            return previous


Instance.farm_end = Instance.terminate
step("start", ["stopped"], ["pending", "running"], "pending", "running")
step("stop", ["running"], ["stopping", "stopped"], "stopping", "stopped")
step("reboot", ["running"], [], "running", "running")
step("terminate", ["pending", "running", "stopping", "stopped"], ["shutting-down", "terminated"], "shutting-down", "terminated")


# --- addresses: what is public is a loopback address, on which the hook listens ------------------------------------------------

counter = itertools.count(1)
first_byte = os.getpid() % 200 + 50


def loopback_address():
    number = next(counter)
    return f"127.{first_byte}.{number // 250}.{number % 250 + 2}"


elastic_ip_addresses.random_ip = loopback_address
elastic_network_interfaces.random_public_ip = loopback_address


def keeps_elastic(name):
    """An elastic address stays with its machine, whether that is on or off."""

    @replaced(NetworkInterface, name)
    def change(original, interface):
        if not any(address.eni is interface for address in interface.ec2_backend.addresses):
            original(interface)


keeps_elastic("stop")
keeps_elastic("start")


@replaced(ElasticAddressBackend, "associate_address")
def associate_address(original, backend, *args, **kwargs):
    address = original(backend, *args, **kwargs)
    if address.instance:
        tell("address", describe(address.instance))
    return address


# --- what is in use stays ------------------------------------------------------------------------------------------------------


def unless_used(owner, name, uses):
    @replaced(owner, name)
    def remove(original, backend, *args, **kwargs):
        if any(uses(backend, one, *args, **kwargs) for one in undead(backend)):
            refuse("DependencyViolation", "The resource has dependencies and cannot be deleted.")
        return original(backend, *args, **kwargs)


def undead(backend):
    return [one for reservation in list(backend.reservations.values()) for one in reservation.instances if one.state_code != 48]


def uses_group(backend, instance, name=None, group_id=None):
    return any(group.id == group_id for nic in instance.nics.values() for group in nic.group_set)


unless_used(SubnetBackend, "delete_subnet", lambda backend, instance, subnet_id: instance.subnet_id == subnet_id)
unless_used(SecurityGroupBackend, "delete_security_group", uses_group)


@replaced(VPCBackend, "delete_vpc")
def delete_vpc(original, backend, vpc_id):
    if backend.describe_internet_gateways(filters={"attachment.vpc-id": vpc_id}):
        refuse("DependencyViolation", f"The vpc '{vpc_id}' has dependencies and cannot be deleted.")
    gone = original(backend, vpc_id)
    tell("delete-vpc", {"id": vpc_id, "vpc": vpc_id})
    return gone


# --- parameters that Amazon publishes ------------------------------------------------------------------------------------------


@replaced(ParameterDict, "_check_loading_status")
def check_loading_status(original, parameters, key):
    original(parameters, key)
    if key in PARAMETERS and not dict.__contains__(parameters, key):
        more = dict.fromkeys(["description", "allowed_pattern", "keyid"])
        fixed = {"parameter_type": "String", "last_modified_date": 0, "version": 1, "data_type": "text"}
        value = Parameter(parameters.account_id, key, PARAMETERS[key], **more, **fixed)
        dict.__setitem__(parameters, key, [value])


if __name__ == "__main__":
    from moto.server import main

    main(sys.argv[1:])
