# in_one_piece(TARGET): the program's code and constants are one segment, which begins at the file's beginning, and the
# file is written anew once it is linked. The page cache keeps in large pages what comes at once, in small ones what a
# linker writes here and there; a segment costs each start of the program, and each fork, its own page faults; and of a
# program at a fixed address, which a linker puts at a page of 2 MB, the kernel maps such a segment by pages of 2 MB.
# Where page tables are dear that is a sixth of the time of a short command.
function(in_one_piece target)
  target_link_options(${target} PRIVATE -Wl,-z,noseparate-code)
  add_custom_command(TARGET ${target} POST_BUILD
    COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:${target}> -P ${CMAKE_SOURCE_DIR}/cmake/in_one_piece.cmake)
endfunction()

# install_in_one_piece(TARGET FOLDER): installs it, so that there too its file has been written at once.
function(install_in_one_piece target folder)
  install(PROGRAMS $<TARGET_FILE:${target}> DESTINATION ${folder})
  install(CODE "execute_process(COMMAND \"${CMAKE_COMMAND}\"
    \"-DPROGRAM=\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${folder}/${target}\"
    -P \"${CMAKE_SOURCE_DIR}/cmake/in_one_piece.cmake\" COMMAND_ERROR_IS_FATAL ANY)")
endfunction()

# first_code(TARGET): what ordinary commands run lies side by side, as first_code.ld in the target's folder has it
# (tests/bench/first_code, which finds it by the map), and what nothing uses is left out.
function(first_code target)
  set(script ${CMAKE_CURRENT_SOURCE_DIR}/first_code.ld)
  target_link_options(${target} PRIVATE -Wl,--gc-sections -Wl,-T,${script} -Wl,-Map=${CMAKE_BINARY_DIR}/${target}.map)
  set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${script})
endfunction()
