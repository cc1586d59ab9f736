# room(NAME FOLDER): puts FOLDER on the include path of target NAME, and of who links it, as <NAME>/.
# Each room gets an include root of its own holding one link, so a header of a room that is not linked
# cannot be included: a wrong arrow between rooms does not compile.
function(room target name folder)
  set(root ${CMAKE_BINARY_DIR}/include/${name})
  file(MAKE_DIRECTORY ${root})
  if(NOT EXISTS ${root}/${name})
    file(CREATE_LINK ${folder} ${root}/${name} SYMBOLIC)
  endif()
  # -iquote: ours are "quoted"; <sys/file.h> stays the C library's.
  target_compile_options(${target} PUBLIC "SHELL:-iquote ${root}")
endfunction()
