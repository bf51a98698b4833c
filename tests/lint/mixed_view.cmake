# A view that mixes asynchronous and synchronous handlers must not compile, and the compiler must say why in words that a person
# understands; nor may other things that are no views. Each case compiles one, and looks for the sentence; the first compiles what is
# right, so that a broken include cannot pass for a refused view.
#   cmake -DCOMPILER=g++ -DINCLUDE=lib/include -DSCRATCH=<folder> -P mixed_view.cmake
cmake_minimum_required(VERSION 3.25)
file(MAKE_DIRECTORY ${SCRATCH})

function(expect name sentence code)
  set(source ${SCRATCH}/${name}.cpp)
  file(WRITE ${source} "#include <volley/view.hpp>\nusing namespace volley::view;\n${code}\nvoid use(Routes& routes) { routes.add(\"/x\", V{}); }\n")
  execute_process(COMMAND ${COMPILER} -std=c++20 -fsyntax-only -I${INCLUDE} ${source} RESULT_VARIABLE status ERROR_VARIABLE said)
  if(sentence STREQUAL "")
    if(NOT status EQUAL 0)
      message(SEND_ERROR "${name}: must compile, but:\n${said}")
    endif()
  elseif(status EQUAL 0)
    message(SEND_ERROR "${name}: compiles, and must not")
  else()
    string(FIND "${said}" "${sentence}" at)
    if(at EQUAL -1)
      message(SEND_ERROR "${name}: the compiler does not say '${sentence}', but:\n${said}")
    endif()
  endif()
endfunction()

expect(right "" "struct V { awaitable<Response> get(const Request&); awaitable<Response> post(const Request&); };")
expect(mixed "this view mixes asynchronous handlers (returning awaitable<Response>) with synchronous ones"
  "struct V { awaitable<Response> get(const Request&); Response post(const Request&); };")
expect(wrong_result "a handler of this view has the wrong form: it must be public, take (const volley::view::Request&)"
  "struct V { int get(const Request&); };")
expect(wrong_parameter "a handler of this view has the wrong form" "struct V { Response get(int); };")
expect(no_view "this is not a view: it needs at least one of get, head, post" "struct V { int x; };")
expect(both "this view is callable and has handlers for single methods as well"
  "struct V { Response get(const Request&); Response operator()(const Request&); };")
