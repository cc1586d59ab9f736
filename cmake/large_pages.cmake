# in_one_piece(TARGET): the program's file is written anew once it is linked. What comes at once the page cache keeps in
# large pages, what a linker writes here and there in small ones, each of which costs every start of the program.
function(in_one_piece target)
  add_custom_command(TARGET ${target} POST_BUILD
    COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:${target}> -P ${CMAKE_SOURCE_DIR}/cmake/in_one_piece.cmake)
endfunction()

# large_pages(TARGET): moreover the program's code can be mapped in pages of 2 MB, as it begins and ends at such a page,
# in memory and in the file. Otherwise the kernel brings it in by pieces of 64 KiB, which is a third of the time of a
# short command where page faults are dear. Where the page cache has only small pages nothing changes.
function(large_pages target)
  target_sources(${target} PRIVATE ${CMAKE_SOURCE_DIR}/cmake/end_of_code.cpp)
  target_link_options(${target} PRIVATE -Wl,-z,max-page-size=0x200000 -Wl,-z,separate-code)
  in_one_piece(${target})
endfunction()
