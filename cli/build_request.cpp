#include "build_request.hpp"

#include <algorithm>
#include <cstdint>
#include <random>

#include <volley/error.hpp>
#include <volley/http/base64.hpp>

#include "nested_json.hpp"

namespace volley::cli {
namespace {

using Auth = client::CurlOptions::Auth;

/// A boundary that nobody can foresee, so that no file can hold it on purpose.
std::string random_boundary() {
    std::random_device device;
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (int i = 0; i < 4; ++i)
        for (std::uint32_t word = device(), n = 0; n < 8; ++n, word >>= 4) out += digits[word & 15];
    return out;
}

/// User and password at the first colon without a backslash before it.
bool split_credentials(std::string_view text, std::string& user, std::string& password) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '\\' && at + 1 < text.size() && text[at + 1] == ':') {
            user += ':';
            ++at;
        } else if (text[at] == ':') {
            password = std::string(text.substr(at + 1));
            return true;
        } else {
            user += text[at];
        }
    }
    return false;
}

/// Names and file names in a part's head. Source: WHATWG HTML section 4.10.21.8, multipart/form-data encoding.
std::string part_name(std::string_view text) { return http::percent_encode(text, "\"\r\n"); }

class Builder {
public:
    Builder(const RequestOptions& options, const FileReader& read_file, BuiltRequest& out)
        : options_(options), read_file_(read_file), out_(out) {}

    std::optional<std::string> build() {
        const http::UrlOptions url_options{options_.default_scheme, options_.path_as_is};
        auto url = http::parse_url(options_.url, url_options);
        if (!url)
            return '\'' + masked_url(options_.url) + "' is no URL: " + url.error().message() +
                   " (examples: localhost:8000/path, :8000/path, https://example.org, [::1]:8000)";
        out_.url = *std::move(url);
        if (auto error = read_items(options_.items, read_file_, items_)) return error;
        add_query();
        if (auto error = make_body()) return error;
        if (auto error = add_auth()) return error;
        return add_headers();
    }

private:
    void add_query() {
        for (const auto& [name, value] : items_.query) {
            if (!out_.url.query.empty()) out_.url.query += '&';
            out_.url.query += http::form_encode(name) + '=' + http::form_encode(value);
            out_.url.has_query = true;
        }
    }

    std::optional<std::string> make_body() {
        std::size_t uploads = 0;
        std::string names;
        for (const auto& part : items_.body) {
            if (const auto* upload = std::get_if<Upload>(&part)) {
                ++uploads;
                names += (names.empty() ? "" : ", ") + escape_for_terminal(upload->field);
            }
        }
        if (options_.raw) {
            if (items_.has_data()) return mixed();
            out_.request.body = *options_.raw;
            has_body_ = true;
            content_type_ = options_.body == BodyKind::form ? form_type : "application/json";
            if (options_.raw->empty()) content_type_.clear();
            wants_json_ = options_.body == BodyKind::json && !options_.raw->empty();
            return {};
        }
        has_body_ = items_.has_data();
        if (options_.body == BodyKind::multipart || (options_.body == BodyKind::form && uploads > 0)) return multipart();
        if (options_.body == BodyKind::form) return form();
        return uploads > 0 ? file_body(uploads, names) : json();
    }

    static std::string mixed() { return "a body (--raw or @FILE) and request data (field=value) cannot be mixed"; }

    std::optional<std::string> file_body(std::size_t uploads, const std::string& names) {
        const auto* upload = std::get_if<Upload>(&items_.body.front());
        for (const auto& part : items_.body)
            if (const auto* named = std::get_if<Upload>(&part); named != nullptr && !named->field.empty())
                return "invalid file fields (perhaps you meant --form?): " + names;
        if (uploads > 1) return "cannot read the body from multiple files";
        if (items_.body.size() > 1) return mixed();
        out_.request.body = upload->bytes;
        content_type_ = upload->type;
        wants_json_ = true;
        return {};
    }

    std::optional<std::string> json() {
        wants_json_ = has_body_ || options_.json_wanted;
        if (wants_json_) content_type_ = "application/json";
        std::optional<Json> root;
        for (auto& part : items_.body) {
            auto& field = std::get<Field>(part);
            KeyPath path;
            auto error = parse_key_path(field.key, path);
            if (!error) error = put_at(root, path, std::move(field.value));
            if (error) return error->format();
        }
        if (root) out_.request.body = print_json(*root);
        return {};
    }

    /// The text of a field in a form; nothing where JSON has no plain text for it.
    static std::optional<std::string> form_text(const Field& field) {
        if (field.value.kind == Json::Kind::array || field.value.kind == Json::Kind::object) return {};
        return field.value.text;
    }
    static std::string too_complex(const Field& field) {
        return '\'' + escape_for_terminal(field.original) + "': cannot use complex JSON value types with --form or --multipart";
    }

    std::optional<std::string> form() {
        content_type_ = form_type;
        std::string& body = out_.request.body;
        for (const auto& part : items_.body) {
            const auto& field = std::get<Field>(part);
            const auto text = form_text(field);
            if (!text) return too_complex(field);
            if (!body.empty()) body += '&';
            body += http::form_encode(field.key) + '=' + http::form_encode(*text);
        }
        return {};
    }

    std::optional<std::string> multipart() {
        boundary_ = options_.boundary.empty() ? random_boundary() : options_.boundary;
        content_type_ = "multipart/form-data; boundary=" + boundary_;
        std::string& body = out_.request.body;
        if (!has_body_) return {};
        for (const auto& part : items_.body) {
            body += "--" + boundary_ + "\r\nContent-Disposition: form-data; name=\"";
            if (const auto* field = std::get_if<Field>(&part)) {
                const auto text = form_text(*field);
                if (!text) return too_complex(*field);
                body += part_name(field->key) + "\"\r\n\r\n" + *text + "\r\n";
            } else {
                const auto& upload = std::get<Upload>(part);
                if (upload.field.empty())
                    return "a file in a form needs a field name: NAME@" + escape_for_terminal(upload.file_name);
                body += part_name(upload.field) + "\"; filename=\"" + part_name(upload.file_name) +
                        "\"\r\nContent-Type: " + upload.type + "\r\n\r\n" + upload.bytes + "\r\n";
            }
        }
        body += "--" + boundary_ + "--\r\n";
        return {};
    }

    std::optional<std::string> add_auth() {
        std::string user;
        std::string password;
        Auth type = options_.auth_type == Auth::none ? Auth::basic : options_.auth_type;
        if (options_.auth && type == Auth::bearer) {
            authorization_ = "Bearer " + *options_.auth;
            return {};
        }
        if (options_.auth) {
            // A person would be asked for it; standard input is not read, so say how else to give it.
            if (!split_credentials(*options_.auth, user, password))
                return "--auth: the password is missing: write --auth=USER:PASSWORD (USER: for an empty one), or --auth-type=bearer for a token";
        } else if (out_.url.has_user) {
            user = out_.url.user;
            password = out_.url.password;
        } else {
            return {};
        }
        if (type == Auth::digest) {
            out_.digest_user = user;
            out_.digest_password = password;
        } else {
            authorization_ = "Basic " + http::base64(user + ':' + password);
        }
        return {};
    }

    std::optional<std::string> add_headers() {
        auto& request = out_.request;
        request.method = !options_.method.empty() ? options_.method : has_body_ ? "POST" : "GET";
        request.target = out_.url.target();
        auto& headers = request.headers;
        headers.add("Accept", wants_json_ ? "application/json, */*;q=0.5" : "*/*");
        headers.add("Accept-Encoding", "gzip, deflate");
        headers.add("Connection", "keep-alive");
        const bool bodiless = request.method == "GET" || request.method == "HEAD" || request.method == "OPTIONS";
        if (!request.body.empty() || !bodiless) headers.add("Content-Length", std::to_string(request.body.size()));
        if (!content_type_.empty()) headers.add("Content-Type", content_type_);
        headers.add("Host", out_.url.authority());
        headers.add("User-Agent", "volley/" VOLLEY_VERSION);

        // What the items say wins over the defaults; `Name:` takes back both a default and what an earlier item said.
        http::Headers own;
        for (const auto& [name, value] : items_.headers) {
            if (auto error = check_field(name, value)) return error;
            if (value) {
                own.add(name, *value);
                continue;
            }
            own.erase(name);
            if (!http::iequals(name, "Host") && !http::iequals(name, "Content-Length")) headers.erase(name);
        }
        if (!authorization_.empty()) {
            own.erase("Authorization");
            own.add("Authorization", authorization_);
        }
        for (const auto& [name, value] : own) headers.erase(name);
        for (const auto& [name, value] : own) {
            const bool bare =
                !boundary_.empty() && http::iequals(name, "Content-Type") && value.find("boundary=") == std::string::npos;
            headers.add(name, bare ? value + "; boundary=" + boundary_ : value);
        }
        return {};
    }

    static std::optional<std::string> check_field(const std::string& name, const std::optional<std::string>& value) {
        const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
        const bool bad_name =
            name.empty() || std::ranges::any_of(name, [&](char c) { return control(c) || c == ' ' || c == ':'; });
        if (bad_name) return "'" + escape_for_terminal(name) + "' cannot be the name of a header";
        if (value && std::ranges::any_of(*value, [&](char c) { return control(c) && c != '\t'; }))
            return "the value of the header " + escape_for_terminal(name) + " holds a control character";
        // They say where the message ends. A wrong one would make one request into two, so they are always counted.
        if (http::iequals(name, "Content-Length") || http::iequals(name, "Transfer-Encoding"))
            return value ? std::optional("the header " + name + " is written by volley itself and cannot be set") : std::nullopt;
        return {};
    }

    static constexpr const char* form_type = "application/x-www-form-urlencoded; charset=utf-8";
    const RequestOptions& options_;
    const FileReader& read_file_;
    BuiltRequest& out_;
    RequestItems items_;
    bool has_body_ = false;
    bool wants_json_ = false;
    std::string content_type_;
    std::string boundary_;
    std::string authorization_;
};

}  // namespace

std::optional<std::string> build_request(const RequestOptions& options, const FileReader& read_file, BuiltRequest& out) {
    return Builder(options, read_file, out).build();
}

std::string masked_url(std::string_view text) {
    const std::size_t scheme = text.find("://");
    const std::size_t begin = scheme == std::string_view::npos ? 0 : scheme + 3;
    const std::size_t end = std::min(text.find_first_of("/?#", begin), text.size());
    const std::string_view authority = text.substr(begin, end - begin);
    const std::size_t at = authority.rfind('@');
    const std::size_t colon = authority.find(':');
    if (at == std::string_view::npos || colon > at) return escape_for_terminal(text);
    return escape_for_terminal(text.substr(0, begin + colon)) + ":***" + escape_for_terminal(text.substr(begin + at));
}

}  // namespace volley::cli
