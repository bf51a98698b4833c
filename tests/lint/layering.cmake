# The rules on what may include what, which the compiler cannot see:
#   cmake -DROOT=<project> -P layering.cmake        exit code 1 and one line for each break of a rule
# 1. Pure folders do no input or output, start no thread and read no clock: their code runs in virtual time.
# 2. Folders of lib/src include only folders below them.  3. cli uses the library by its public headers alone.
# 4. Some libraries are known to a few files only.        5. Public headers name no third-party type but Asio's and
# Boost.System's.  6. Every coroutine has an owner: nothing is detached.  7. The top level holds what it is said to hold.
cmake_minimum_required(VERSION 3.25)
if(NOT ROOT)
  message(FATAL_ERROR "layering.cmake: say -DROOT=<project folder>")
endif()

# --- the rules -------------------------------------------------------------------------------------------------------

set(pure base picture sound metrics yaml pages appfile proto webrtc streams scenario load report verdict)

# below_<module>: the folders that it may include, itself aside.
set(below_base)
set(below_picture base)
set(below_sound base)
set(below_proto base)
set(below_webrtc base proto)
set(below_streams base proto)  # the RTP of a call; who has both carries its packets through a peer
set(below_metrics base)
set(below_yaml base)
set(below_pages base yaml)
set(below_appfile base yaml pages)
set(below_scenario base metrics yaml load verdict)  # phases are made of stages, probes have expectations
set(below_load base metrics)
set(below_verdict base metrics yaml load)  # yaml: for the words of messages; load: for random numbers
set(below_report base metrics yaml scenario load verdict)
set(below_net base)
set(below_view base net)
set(below_files base view)
set(below_middleware base view files)
set(below_client base proto metrics net)
set(below_process base net)
set(below_server base net view)
set(below_call base proto webrtc metrics net client picture sound streams media)
set(below_app base yaml pages appfile metrics net view files middleware client server process proto webrtc call picture sound streams media)
set(below_engine base metrics load net client)
set(below_verify base metrics load verdict net client process server engine)
set(below_media base picture sound)
set(below_media_plugin base picture sound proto media)  # proto: sizes of pictures in their headers, before memory is taken for them
set(below_avformat_plugin base picture media)
set(below_run base metrics yaml scenario load verdict report net client call process server engine verify webrtc)
set(modules base picture sound proto webrtc streams metrics yaml pages appfile scenario load report verdict net view files middleware client call process server app engine verify run media media_plugin avformat_plugin)

# Files that belong higher up than the folder that they stand in: the main of the helper program runs the application.
set(higher_lib/src/process/helper_main.cpp app)

# The module that a public header belongs to, by its folder or, at the top, by its name.
set(public_error base)
set(public_time base)
set(public_iso_time base)
set(public_http base)
set(public_view view)
set(public_verify verify)

# Who may leave a thread to itself: getaddrinfo(3) cannot be ended, and nothing waits for it.
set(detaching_files "^lib/src/client/resolve\\.cpp$")

set(impure_includes "^(boost/asio|boost/beast|curl/|thread$|mutex$|shared_mutex$|future$|condition_variable$|stop_token$|semaphore$|sys/socket|sys/epoll|sys/poll|poll\\.h|sys/select|netinet/|arpa/|netdb\\.h|net/if|sys/un\\.h|sys/time\\.h|sys/timerfd|sys/wait|signal\\.h|csignal$|unistd\\.h|pthread\\.h|fstream$|iostream$)")
set(impure_calls "([Cc]lock::now|gettimeofday|clock_gettime|timespec_get|[^a-zA-Z0-9_.>]time\\((nullptr|NULL|0|&)|std::time\\(|sleep_for|sleep_until|this_thread|getenv)")

# <library>_files: who may include it.
set(restricted yaml beast curl cli11 png sqlite openssl libssl usrsctp codecs)
set(yaml_include "^yaml-cpp/")
set(yaml_files "^lib/src/yaml/loader\\.cpp$")
set(beast_include "^boost/beast")
set(beast_files "^lib/src/(net/beast_impl|server/[a-z_0-9]*)\\.(cpp|ipp)$|^lib/src/server/[a-z_]*beast[a-z_]*\\.hpp$")
set(curl_include "^curl/")
set(curl_files "^lib/src/(net|client)/curl_[a-z_]*\\.(cpp|hpp)$")
set(png_include "^png\\.h$")
set(png_files "^lib/src/picture/png\\.cpp$")
set(sqlite_include "^sqlite3\\.h$")
set(sqlite_files "^lib/src/app/sqlite\\.cpp$")
# Pure code takes digests and random numbers from base; whole protocols on OpenSSL have a folder of their own; the others speak TLS.
set(openssl_include "^openssl/")
set(openssl_files "^lib/src/(base/(crypto|random)\\.cpp|proto/(dtls|srtp)/[a-z_0-9]*\\.(cpp|hpp)|client/[a-z_0-9]*\\.(cpp|hpp)|verify/canaries\\.cpp|app/file\\.cpp)$")
# Protocols of somebody else's, each behind one interface: proto/dtls/session.hpp and proto/sctp/association.hpp.
set(libssl_include "^openssl/(ssl|dtls1|srtp|bio)\\.h$")
set(libssl_files "^lib/src/(proto/dtls/openssl_[a-z_]*|client/tls_client)\\.(cpp|hpp)$")
set(usrsctp_include "^usrsctp\\.h$")
set(usrsctp_files "^lib/src/proto/sctp/usrsctp_[a-z_]*\\.(cpp|hpp)$")
# Loading these takes longer than most runs: nothing but the plugins may need them.
set(codecs_include "^(vpx|wels|opus|spandsp|opencv2|matroska|ebml|libav[a-z]*|libsw[a-z]*)/|^libv4l2\\.h$")
set(codecs_files "^lib/src/(media|avformat)_plugin/[a-z0-9_]*\\.cpp$")
set(cli11_include "^CLI/")
set(cli11_files "^cli/[a-z_0-9]*\\.(cpp|hpp)$")

set(public_third_party "^boost/(system/|asio/(awaitable|any_io_executor|io_context|execution_context|ip/[a-z]+|as_tuple|use_awaitable)\\.hpp$)")

set(top_level CMakeLists.txt CMakePresets.json CHANGELOG.md CONTRIBUTING.md LICENSE README.md cli dev lib man scenarios tests
  build)  # build: what `dev` makes, kept out of the repository

# --- the check -------------------------------------------------------------------------------------------------------

set(findings 0)
function(complain file what why)
  message("${file}: ${what}: ${why}")
  math(EXPR n "${findings} + 1")
  set(findings ${n} PARENT_SCOPE)
endfunction()

# The folder of lib/src, or the public header's module, that an include names; empty for anything else.
function(module_of include out)
  set(${out} "" PARENT_SCOPE)
  if(include MATCHES "^volley/([a-z0-9_]+)")
    set(name ${CMAKE_MATCH_1})
    if(DEFINED public_${name})
      set(name ${public_${name}})
    endif()
    # server/spawn.hpp is how a process is started and watched, whoever serves in it.
    if(include STREQUAL "volley/server/spawn.hpp")
      set(name process)
    endif()
    # http/client.hpp stands beside the messages that it sends, for those who look for it there.
    if(include STREQUAL "volley/http/client.hpp")
      set(name client)
    endif()
    set(${out} ${name} PARENT_SCOPE)
  elseif(include MATCHES "^([a-z0-9_]+)/" AND CMAKE_MATCH_1 IN_LIST modules)
    set(${out} ${CMAKE_MATCH_1} PARENT_SCOPE)
  endif()
endfunction()

file(GLOB_RECURSE sources RELATIVE ${ROOT} ${ROOT}/lib/*.cpp ${ROOT}/lib/*.hpp ${ROOT}/lib/*.ipp ${ROOT}/cli/*.cpp ${ROOT}/cli/*.hpp
  ${ROOT}/tests/*.cpp ${ROOT}/tests/*.hpp)
foreach(file IN LISTS sources)
  file(READ ${ROOT}/${file} text)
  string(REPLACE ";" "," text "${text}")
  string(REGEX REPLACE "//[^\n]*" "" text "${text}")
  string(REGEX MATCHALL "#[ \t]*include[ \t]*[<\"][^>\"\n]+" includes "${text}")
  list(TRANSFORM includes REPLACE "#[ \t]*include[ \t]*[<\"]" "")

  # Where the file stands.
  set(module "")
  set(is_public FALSE)
  if(file MATCHES "^lib/src/([a-z0-9_]+)/")
    set(module ${CMAKE_MATCH_1})
    if(DEFINED higher_${file})
      set(module ${higher_${file}})
    endif()
    if(NOT module IN_LIST modules)
      complain(${file} "folder ${module} is not known" "add it to the table in tests/lint/layering.cmake")
      continue()
    endif()
  elseif(file MATCHES "^lib/include/(volley/.+)$")
    set(is_public TRUE)
    module_of(${CMAKE_MATCH_1} module)
    if(NOT module IN_LIST modules)
      complain(${file} "belongs to no known folder" "add it to the table in tests/lint/layering.cmake")
      continue()
    endif()
  endif()

  if(NOT file MATCHES "${detaching_files}" AND text MATCHES "[^a-zA-Z0-9_\"](detached|detach\\(\\))[^a-zA-Z0-9_\"]")
    complain(${file} "${CMAKE_MATCH_1}" "a coroutine or thread needs an owner that joins it: use TaskGroup")
  endif()
  if(module IN_LIST pure AND text MATCHES "${impure_calls}")
    complain(${file} "${CMAKE_MATCH_1}" "${module} is pure: time is an argument")
  endif()

  foreach(include IN LISTS includes)
    if(module IN_LIST pure AND include MATCHES "${impure_includes}")
      complain(${file} "<${include}>" "${module} is pure: no socket, thread, clock or stream")
    endif()
    if(is_public AND include MATCHES "^((boost|curl|yaml-cpp|fmt|CLI|openssl|nlohmann)/|sqlite3\\.h)" AND NOT include MATCHES "${public_third_party}")
      complain(${file} "<${include}>" "a public header shows no third-party type: hide it in the .cpp")
    endif()
    foreach(library IN LISTS restricted)
      if(NOT file MATCHES "^tests/" AND include MATCHES "${${library}_include}" AND NOT file MATCHES "${${library}_files}")
        complain(${file} "<${include}>" "only files that match ${${library}_files} may")
      endif()
    endforeach()
    if(module)
      module_of(${include} target)
      if(target AND NOT target STREQUAL module AND NOT target IN_LIST below_${module})
        complain(${file} "<${include}>" "${target} is not below ${module}")
      endif()
    elseif(file MATCHES "^cli/" AND NOT include MATCHES "^volley/")
      # What is left is cli's own, the standard library's, or a library's; of ours only public headers are left to it.
      module_of(${include} target)
      if(target OR include MATCHES "\\.\\./")
        complain(${file} "\"${include}\"" "cli includes <volley/...> only")
      endif()
    endif()
  endforeach()
endforeach()

file(GLOB entries RELATIVE ${ROOT} ${ROOT}/*)
foreach(entry IN LISTS entries)
  if(NOT entry MATCHES "^\\." AND NOT entry IN_LIST top_level)
    complain(${entry} "at the top level" "nothing joins it without a reason; it has cli, lib, man, scenarios and tests for files")
  endif()
endforeach()

list(LENGTH sources count)
if(count EQUAL 0)
  complain(${ROOT} "no sources" "is this the project's folder?")
endif()
if(findings)
  message(FATAL_ERROR "${findings} findings in ${count} files")
endif()
message("${count} files keep to the layers")
