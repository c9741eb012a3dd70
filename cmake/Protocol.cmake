# add_protocol(<target> [GRPC] FILES <file.proto>...)
#
# Generates C++ for the files (paths relative to the calling directory, which is their import root)
# and wraps it in a library. With GRPC, the services' stubs too.

function(add_protocol target)
  cmake_parse_arguments(PROTOCOL "GRPC" "" "FILES" ${ARGN})
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/generated)
  file(MAKE_DIRECTORY ${generated})
  set(sources)
  foreach(file ${PROTOCOL_FILES})
    string(REGEX REPLACE "\\.proto$" "" stem ${file})
    set(outputs ${generated}/${stem}.pb.cc ${generated}/${stem}.pb.h)
    set(plugins --cpp_out=${generated})
    if(PROTOCOL_GRPC)
      list(APPEND outputs ${generated}/${stem}.grpc.pb.cc ${generated}/${stem}.grpc.pb.h)
      list(APPEND plugins --grpc_out=${generated}
           --plugin=protoc-gen-grpc=$<TARGET_FILE:gRPC::grpc_cpp_plugin>)
    endif()
    add_custom_command(
      OUTPUT ${outputs}
      COMMAND protobuf::protoc --proto_path=${CMAKE_CURRENT_SOURCE_DIR} ${plugins} ${file}
      DEPENDS ${PROTOCOL_FILES}
      WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}
      COMMENT "Generating ${stem}"
      VERBATIM)
    list(APPEND sources ${outputs})
  endforeach()
  add_library(${target} STATIC ${sources})
  # SYSTEM: warnings in generated code are not ours to fix.
  target_include_directories(${target} SYSTEM PUBLIC ${generated})
  target_compile_options(${target} PRIVATE -w ${LINGER_PLAIN_OPTIONS})
  target_link_libraries(${target} PUBLIC protobuf::libprotobuf)
  if(PROTOCOL_GRPC)
    target_link_libraries(${target} PUBLIC gRPC::grpc++)
  endif()
endfunction()
