// A folder of its own for a test, and servers made from application files in it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "app/build.hpp"
#include "net/server/fixture.hpp"
#include "support/raw_client.hpp"

namespace volley::test {

/// Removed with everything in it.
class Folder {
public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "volley-app-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
        path_ = name;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    [[nodiscard]] std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }
    void write(std::string_view name, std::string_view text) const {
        const std::filesystem::path path = *this / name;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
    }

private:
    std::string path_;
};

/// Routes of a file `app.yaml` that holds these lines below `routes:`.
inline app::Built build_in(const Folder& folder, std::string_view routes, std::string_view before = {}) {
    folder.write("app.yaml", "version: 1\n" + std::string(before) + "routes:\n" + std::string(routes));
    app::Built built =
        app::build_application(folder / "app.yaml", std::make_shared<view::Gauge>(), std::make_shared<const app::Notice>());
    if (!built.errors.empty()) throw std::runtime_error(format_source_error(built.errors[0]));
    return built;
}

inline RawClient::Answer ask(const LiveServer& server, std::string_view target, std::string_view fields = {},
                             std::string_view method = "GET") {
    RawClient client(server.port());
    client.send(std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n");
    return client.read_answer(method == "HEAD");
}

}  // namespace volley::test
