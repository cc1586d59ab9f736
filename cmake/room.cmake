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
  # Each function by itself, so that a program takes those that it uses (--gc-sections), in the order it is told.
  if(NOT COMPOSE_SANITIZE)
    target_compile_options(${target} PRIVATE -ffunction-sections -fdata-sections)
  endif()
endfunction()

# room_for(SOURCE ROOM): lets one source of a target include the headers of ROOM; the target's others need not see them.
# The target links it as $<LINK_ONLY:ROOM>.
function(room_for source room)
  set_property(SOURCE ${source} APPEND PROPERTY COMPILE_OPTIONS -iquote ${CMAKE_BINARY_DIR}/include/${room})
endfunction()
