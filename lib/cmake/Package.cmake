# `cpack`, or the target `package`: the installed tree as an archive and, when configured for /usr, as four Debian packages.
# `dev package` does both from the preset `package`. Four, because who only runs volley needs none of the -dev packages that
# linking its static libraries needs, and who makes no calls with video none of the hundred megabytes below the media plugin.
set(VOLLEY_MAINTAINER "The Volley authors <volley@localhost>" CACHE STRING "Maintainer of the Debian packages")
set(VOLLEY_HOMEPAGE "" CACHE STRING "Homepage of the Debian packages; empty: none")

set(CPACK_GENERATOR TGZ)
set(CPACK_PACKAGE_VENDOR "The Volley authors")
set(CPACK_PACKAGE_CONTACT "${VOLLEY_MAINTAINER}")
set(CPACK_PACKAGE_HOMEPAGE_URL "${VOLLEY_HOMEPAGE}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")  # it would stand in front of each package's own
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/PackageTree.cmake)
# For PackageTree.cmake, which sees variables of this name only.
set(CPACK_VOLLEY_SOURCE ${PROJECT_SOURCE_DIR})
set(CPACK_VOLLEY_STRIP ${CMAKE_STRIP})

# Paths of helper and scenarios are compiled in, so a tree that was configured for another prefix would look in the wrong place.
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
  list(APPEND CPACK_GENERATOR DEB)
endif()

# What to link the libraries with is what we link: the list at the top of `dev`, less CLI11, which only the program has.
file(READ ${PROJECT_SOURCE_DIR}/dev dev)
string(REGEX MATCH "\npackages_build=\\(.*\n\\)\npackages_test" list "${dev}")
string(REGEX REPLACE "#[^\n]*" "" list "${list}")
string(REGEX MATCHALL "[a-z][^ \n]*-dev" linked "${list}")
list(REMOVE_ITEM linked libcli11-dev)
if(NOT linked)
  message(FATAL_ERROR "the list of packages in ./dev cannot be read")
endif()
list(JOIN linked ", " linked)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL program development)
if(TARGET volley_media)
  list(APPEND CPACK_COMPONENTS_ALL media)
endif()
if(TARGET volley_avformat)
  list(APPEND CPACK_COMPONENTS_ALL avformat)
endif()
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME volley)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION web)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SUGGESTS "volley-media, volley-avformat, python3-django, uvicorn")
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION "HTTP client that measures how asynchronous a server is
Volley sends many HTTP requests at once, from sockets that were opened before,
and measures how far they overlapped: fifty requests that each sleep for a
second take about one second on an asynchronous endpoint and fifty on one that
only looks so.
.
It reads single requests the way HTTPie does, runs scenario files with phases,
checks and thresholds, and includes a coroutine, a pool and a serial server to
compare with.")

# It is an interface of one version.
set(CPACK_DEBIAN_MEDIA_PACKAGE_NAME volley-media)
set(CPACK_DEBIAN_MEDIA_PACKAGE_SOURCE volley)
set(CPACK_DEBIAN_MEDIA_PACKAGE_SECTION web)
set(CPACK_DEBIAN_MEDIA_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_MEDIA_PACKAGE_DEPENDS "volley (= ${PROJECT_VERSION})")
set(CPACK_COMPONENT_MEDIA_DESCRIPTION "HTTP client that measures how asynchronous a server is - codecs
Volley sends many HTTP requests at once, from sockets that were opened before,
and measures how far they overlapped. It also makes and answers WebRTC calls.
.
This package holds what it loads for the sound and video of calls: VP8, H.264,
Opus, G.711 and G.722, the transforms of pictures, and the recorder.")

set(CPACK_DEBIAN_AVFORMAT_PACKAGE_NAME volley-avformat)
set(CPACK_DEBIAN_AVFORMAT_PACKAGE_SOURCE volley)
set(CPACK_DEBIAN_AVFORMAT_PACKAGE_SECTION web)
set(CPACK_DEBIAN_AVFORMAT_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_AVFORMAT_PACKAGE_DEPENDS "volley (= ${PROJECT_VERSION}), volley-media (= ${PROJECT_VERSION})")
set(CPACK_COMPONENT_AVFORMAT_DESCRIPTION "HTTP client that measures how asynchronous a server is - video files
Volley sends many HTTP requests at once, from sockets that were opened before,
and measures how far they overlapped. It also makes and answers WebRTC calls.
.
This package holds what it loads for files of video that it does not read
itself: MP4, WebM, MPEG and whatever else FFmpeg's libraries know.")

# The helper that the library starts servers with is in volley, and must be of the library's version.
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libvolley-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SOURCE volley)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "volley (= ${PROJECT_VERSION}), ${linked}")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "HTTP client that measures how asynchronous a server is - library
Volley sends many HTTP requests at once, from sockets that were opened before,
and measures how far they overlapped.
.
This package holds its static libraries and headers, for CMake's
find_package(volley) and for pkg-config.")
include(CPack)
