// A STUN message from anyone: what is read of it lies within it, and what is written from it reads the same.
#include <cstdio>
#include <cstdlib>

#include "proto/stun/integrity.hpp"
#include "proto/stun/message.hpp"

namespace {

using namespace volley;
using namespace volley::proto::stun;

void must(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "fuzz_stun: %s\n", what);
    std::abort();
}

void must_lie_within(BytesView part, BytesView whole) {
    must(part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size()),
         "a view leaves the message");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    const BytesView input(data, size);
    const auto message = MessageView::parse(input);
    must(!message || looks_like_stun(input), "a message that does not look like one");
    if (!message) return 0;
    must(message->unknown_required().size() <= MessageView::most_attributes, "too many attributes");
    MessageBuilder again(message->message_class(), message->method(), message->transaction_id());
    for (unsigned type = 0; type < 0x10000; ++type) {
        const auto attribute = static_cast<Attribute>(type);
        const auto value = message->find(attribute);
        if (!value) continue;
        must_lie_within(*value, input);
        (void)message->u32(attribute);
        (void)message->u64(attribute);
        if (attribute == Attribute::message_integrity || attribute == Attribute::message_integrity_sha256 ||
            attribute == Attribute::fingerprint)
            continue;
        const auto address = message->address(attribute);
        if (address && attribute != Attribute::data && attribute != Attribute::username)
            again.address(attribute, *address);
        else
            again.bytes(attribute, *value);
    }
    if (const auto error = message->error()) must(error->code >= 300 && error->code <= 699, "an error code out of range");
    (void)message->offers_password_algorithm(2);
    (void)has_right_fingerprint(*message);
    (void)check_integrity(*message, bytes_of("key"));

    const Bytes written = again.integrity(bytes_of("key")).fingerprint().finish();
    if (written.size() > 0xffff) return 0;
    const auto read = MessageView::parse(written);
    must(read.has_value(), "what was written cannot be read");
    must(check_integrity(*read, bytes_of("key")) == Integrity::right && has_right_fingerprint(*read),
         "what was written is not genuine");
    for (unsigned type = 0; type < 0x10000; ++type) {
        const auto attribute = static_cast<Attribute>(type);
        if (attribute == Attribute::message_integrity || attribute == Attribute::message_integrity_sha256 ||
            attribute == Attribute::fingerprint)
            continue;
        must(read->address(attribute) == message->address(attribute) && read->has(attribute) == message->has(attribute),
             "what was written reads differently");
    }
    return 0;
}
