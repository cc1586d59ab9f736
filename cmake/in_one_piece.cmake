# cmake -DPROGRAM=FILE -P in_one_piece.cmake: writes FILE anew, in one piece; see one_piece.cmake.
set(fresh ${PROGRAM}.fresh)
execute_process(COMMAND dd if=${PROGRAM} of=${fresh} bs=256M OUTPUT_QUIET ERROR_QUIET COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND chmod --reference=${PROGRAM} ${fresh} COMMAND_ERROR_IS_FATAL ANY)
file(RENAME ${fresh} ${PROGRAM})
