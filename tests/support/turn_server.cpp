#include "support/turn_server.hpp"

#include <algorithm>

namespace volley::test {

using namespace std::chrono_literals;
using proto::stun::Attribute;
using proto::stun::MessageBuilder;
using proto::stun::MessageClass;
using proto::stun::MessageView;
using proto::stun::Method;

TurnServer::TurnServer(VirtualNet& net, std::string_view address, Model model)
    : net_(net), address_(*IpAddress::parse(address)), model_(std::move(model)) {
    net.attach(*this, address_);
}

std::size_t TurnServer::allocations() const {
    return static_cast<std::size_t>(
        std::count_if(allocations_.begin(), allocations_.end(), [&](const auto& a) { return a.second.until > net_.now(); }));
}

std::size_t TurnServer::channels() const {
    std::size_t out = 0;
    for (const auto& [client, allocation] : allocations_) out += allocation.channels.size();
    return out;
}

Bytes TurnServer::key() const {
    const auto copy = [](const auto& digest) { return Bytes(digest.begin(), digest.end()); };
    return model_.sha256 ? copy(proto::stun::long_term_key_sha256(model_.username, model_.realm, model_.password))
                         : copy(proto::stun::long_term_key(model_.username, model_.realm, model_.password));
}

TurnServer::Allocation* TurnServer::find(TimePoint now, const Client& client) {
    const auto found = allocations_.find(client);
    if (found == allocations_.end()) return nullptr;
    if (found->second.until > now) return &found->second;
    allocations_.erase(found);
    return nullptr;
}

void TurnServer::handle_datagram(TimePoint now, const Endpoint& local, const Endpoint& from, BytesView bytes) {
    if (model_.mute) return;
    if (local.port == 3478) return handle_client(now, {from, false}, bytes);
    for (auto& [client, allocation] : allocations_) {
        if (allocation.relayed != local || allocation.until <= now) continue;
        const auto permission = allocation.permissions.find(from.address);
        if (permission == allocation.permissions.end() || permission->second <= now) return;
        for (const auto& [number, channel] : allocation.channels)
            if (channel.peer == from && channel.until > now)
                return send(client, proto::turn::make_channel_data(number, bytes, client.stream));
        proto::stun::TransactionId id{};
        for (auto& byte : id) byte = static_cast<std::uint8_t>(net_.random().next());
        return send(client, MessageBuilder(MessageClass::indication, Method::data, id)
                                .address(Attribute::xor_peer_address, from)
                                .bytes(Attribute::data, bytes)
                                .finish());
    }
}

void TurnServer::handle_stream(TimePoint now, const Endpoint& /*local*/, const Endpoint& from, BytesView bytes) {
    if (model_.mute) return;
    auto& framer = framers_[from];
    framer.push(bytes);
    while (const auto frame = framer.next()) handle_client(now, {from, true}, Bytes(frame->begin(), frame->end()));
    if (framer.broken()) complain("a stream that is no TURN");
}

void TurnServer::send(const Client& client, Bytes bytes) {
    if (client.stream)
        net_.send_stream(*this, endpoint(), client.endpoint, bytes);
    else
        net_.send(*this, endpoint(), client.endpoint, bytes);
}

void TurnServer::handle_client(TimePoint now, const Client& client, BytesView frame) {
    if (const auto data = proto::turn::parse_channel_data(frame)) {
        if (client.stream && frame.size() % 4 != 0) complain("channel data without padding on a stream");
        Allocation* const allocation = find(now, client);
        if (allocation == nullptr) return;
        const auto channel = allocation->channels.find(data->number);
        if (channel == allocation->channels.end() || channel->second.until <= now)
            return complain("data on a channel that is not bound");
        ++counts_.sent_by_channel;
        return send_to_peer(now, client, channel->second.peer, data->data);
    }
    const auto message = MessageView::parse(frame);
    if (!message) return;
    if (message->message_class() == MessageClass::indication) {
        if (message->method() != Method::send) return;
        const auto peer = message->address(Attribute::xor_peer_address);
        const auto data = message->find(Attribute::data);
        if (!peer || !data) return complain("a Send indication without peer or data");
        ++counts_.sent_by_indication;
        return send_to_peer(now, client, *peer, *data);
    }
    if (message->message_class() == MessageClass::request) handle_request(now, client, *message);
}

void TurnServer::send_to_peer(TimePoint now, const Client& client, const Endpoint& peer, BytesView data) {
    Allocation* const allocation = find(now, client);
    if (allocation == nullptr) return;
    const auto permission = allocation->permissions.find(peer.address);
    if (permission == allocation->permissions.end() || permission->second <= now) return complain("data without permission");
    net_.send(*this, allocation->relayed, peer, data);
}

void TurnServer::reject(const Client& client, const MessageView& request, int code, bool with_challenge) {
    MessageBuilder out(MessageClass::error, request.method(), request.transaction_id());
    out.error(code, "no");
    if (with_challenge) {
        out.text(Attribute::realm, model_.realm).text(Attribute::nonce, nonce_);
        if (model_.sha256) out.bytes(Attribute::password_algorithms, Bytes{0, 2, 0, 0, 0, 1, 0, 0});
    }
    send(client, out.fingerprint().finish());
}

void TurnServer::succeed(const Client& client, MessageBuilder builder) {
    if (model_.sha256)
        builder.integrity_sha256(key());
    else
        builder.integrity(key());
    send(client, builder.fingerprint().finish());
}

void TurnServer::handle_request(TimePoint now, const Client& client, const MessageView& request) {
    const auto id = request.transaction_id();
    if (request.method() == Method::binding) {
        ++counts_.bindings;
        return send(client, MessageBuilder(MessageClass::success, Method::binding, id)
                                .address(Attribute::xor_mapped_address, client.endpoint)
                                .fingerprint()
                                .finish());
    }
    // The long-term credential mechanism: RFC 8489 section 9.2.4.
    const auto issue_nonce = [&] {
        nonce_ = (model_.sha256 ? "obMatJos2gAAA" : "n") + std::to_string(net_.random().next());
        nonces_[nonce_] = now + model_.nonce_lifetime;
    };
    const auto integrity = proto::stun::check_integrity(request, key());
    if (integrity == proto::stun::Integrity::absent) {
        ++counts_.challenges;
        issue_nonce();
        return reject(client, request, 401, true);
    }
    const auto nonce = request.text(Attribute::nonce);
    const auto known = nonce ? nonces_.find(std::string(*nonce)) : nonces_.end();
    if (known == nonces_.end() || known->second <= now) {
        ++counts_.stale;
        issue_nonce();
        return reject(client, request, 438, true);
    }
    if (model_.sha256 && (!request.has(Attribute::message_integrity_sha256) || request.has(Attribute::message_integrity) ||
                          !request.has(Attribute::password_algorithm) || !request.has(Attribute::password_algorithms)))
        complain("not the password algorithm that was agreed on");
    if (integrity != proto::stun::Integrity::right || request.text(Attribute::username) != model_.username) {
        issue_nonce();
        return reject(client, request, 401, true);
    }

    Allocation* const allocation = find(now, client);
    const auto lifetime = std::min(request.u32(Attribute::lifetime).value_or(600), model_.most_lifetime);
    if (request.method() == Method::allocate) {
        if (!request.find(Attribute::requested_transport)) return reject(client, request, 400);
        if (model_.refuse_allocations != 0) return reject(client, request, model_.refuse_allocations);
        if (allocation != nullptr && allocation->id != id) return reject(client, request, 437);
        Allocation& granted = allocations_[client];
        if (allocation == nullptr) granted = {{address_, next_port_++}, now + std::chrono::seconds(lifetime), {}, {}, id};
        return succeed(client, MessageBuilder(MessageClass::success, Method::allocate, id)
                                   .address(Attribute::xor_relayed_address, granted.relayed)
                                   .address(Attribute::xor_mapped_address, client.endpoint)
                                   .u32(Attribute::lifetime, lifetime));
    }
    if (allocation == nullptr) return reject(client, request, 437);
    const auto peer = request.address(Attribute::xor_peer_address);
    switch (request.method()) {
        case Method::refresh:
            ++(lifetime == 0 ? counts_.deallocations : counts_.refreshes);
            allocation->until = now + std::chrono::seconds(lifetime);
            return succeed(client, MessageBuilder(MessageClass::success, Method::refresh, id).u32(Attribute::lifetime, lifetime));
        case Method::create_permission:
            if (!peer) return reject(client, request, 400);
            if (model_.refuse_permissions != 0) return reject(client, request, model_.refuse_permissions);
            allocation->permissions[peer->address] = now + 300s;
            return succeed(client, MessageBuilder(MessageClass::success, Method::create_permission, id));
        case Method::channel_bind: {
            const auto number = request.channel_number();
            if (!peer || !number || *number < proto::turn::first_channel || *number > proto::turn::last_channel)
                return reject(client, request, 400);
            for (const auto& [other, channel] : allocation->channels)
                if ((other == *number) != (channel.peer == *peer)) {
                    complain("a channel or a peer bound twice");
                    return reject(client, request, 400);
                }
            allocation->channels[*number] = {*peer, now + 600s};
            allocation->permissions[peer->address] = now + 300s;
            return succeed(client, MessageBuilder(MessageClass::success, Method::channel_bind, id));
        }
        default:
            return reject(client, request, 400);
    }
}

}  // namespace volley::test
