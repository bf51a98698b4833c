# The shells that are asked stand in the test by their full paths, where `dev doctor` sees them.
volley_add_python_test(completion golden completion/completion_test.py TIMEOUT 300)
foreach(shell IN ITEMS ZSH FISH)
  string(TOLOWER ${shell} name)
  volley_find_program(VOLLEY_${shell} ${name})
endforeach()
