#include "client/call.hpp"

#include "proto/http/response_parser.hpp"

namespace volley::client {

int AnswerHead::status() const noexcept { return parser_ != nullptr ? parser_->status() : response_->status; }

void AnswerHead::copy_to(http::Response& out) const {
    if (parser_ == nullptr) {
        out.status = response_->status;
        out.reason = response_->reason;
        out.version = response_->version;
        out.headers = response_->headers;
        return;
    }
    out.status = parser_->status();
    out.reason = parser_->reason();
    out.version = parser_->version();
    out.headers = {};
    while (const auto field = parser_->next_field()) out.headers.add(std::string(field->name), std::string(field->value));
}

}  // namespace volley::client
