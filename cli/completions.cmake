# The program writes its own completion scripts; each shell looks for them in a folder and under a name of its own.
# zsh reads site-functions below /usr/local by itself; below /usr that folder is for zsh's own files, so Debian has another.
# The manual page names these, hence PARENT_SCOPE.
set(VOLLEY_BASH_DIR ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
set(VOLLEY_ZSH_DIR ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
  set(VOLLEY_ZSH_DIR ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
endif()
set(VOLLEY_FISH_DIR ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
foreach(shell IN ITEMS BASH ZSH FISH)
  set(VOLLEY_${shell}_DIR ${VOLLEY_${shell}_DIR} PARENT_SCOPE)
endforeach()

function(volley_completion shell file destination)
  set(script ${CMAKE_CURRENT_BINARY_DIR}/completions/${file})
  add_custom_command(OUTPUT ${script} COMMAND volley_program completion ${shell} > ${script} DEPENDS volley_program
    COMMENT "Writing the completions of ${shell}" VERBATIM)
  set_property(GLOBAL APPEND PROPERTY volley_completions ${script})
  if(VOLLEY_INSTALL)
    install(FILES ${script} DESTINATION ${destination} COMPONENT program)
  endif()
endfunction()
file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/completions)
volley_completion(bash volley ${VOLLEY_BASH_DIR})
volley_completion(zsh _volley ${VOLLEY_ZSH_DIR})
volley_completion(fish volley.fish ${VOLLEY_FISH_DIR})
get_property(scripts GLOBAL PROPERTY volley_completions)
add_custom_target(completions ALL DEPENDS ${scripts})
