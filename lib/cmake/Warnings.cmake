# volley_warnings: what our own code is compiled with. Not exported: a user's build keeps its own taste.
add_library(volley_warnings INTERFACE)
target_compile_options(volley_warnings INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wpedantic $<$<BOOL:${VOLLEY_WERROR}>:-Werror>)
# At -O2 g++ 12 inlines only one half of Asio's allocation of coroutine frames and takes the other for a mismatch.
target_compile_options(volley_warnings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-mismatched-new-delete>)
if(VOLLEY_SANITIZE)
  # Frames in reports; -Wno-tsan because g++ warns of atomic_thread_fence inside Asio under the thread sanitizer.
  add_compile_options(-fsanitize=${VOLLEY_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
  # g++ 12 sees uninitialised uses in coroutine frames that are not there once the sanitizers instrument them.
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  add_link_options(-fsanitize=${VOLLEY_SANITIZE})
endif()
