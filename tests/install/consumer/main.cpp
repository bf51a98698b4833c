#include <iostream>
#include <volley/app/app.hpp>
#include <volley/http/url.hpp>

int main() {
    const auto url = volley::http::parse_url(":8000/offer");
    if (!url || volley::app::make_routes().list().empty()) return 1;  // the application brings every library in
    std::cout << url->to_string() << '\n';
}
