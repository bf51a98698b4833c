target_sources(volley PRIVATE src/app/page.cpp src/app/views.cpp src/app/serve.cpp)
