# add_page(<target>)
#
# Builds the page of dashboard/ with npm and puts its files, compressed, into the target as the source that
# agent/serve/page/page_files.h promises. Where npm is not there, or cannot fetch what the page is built with, the target
# has no page, and that is said. All that npm writes stays in the build directory.

option(LINGER_PAGE "Build the page, where there is npm" ON)
find_program(NPM npm)
find_program(NODE NAMES node nodejs)
find_program(GZIP gzip)

set(LINGER_NODE_VERSION_LEAST 18)

# Why there can be no page; empty when there can.
function(page_obstacle result)
  set(${result} "" PARENT_SCOPE)
  if(NOT LINGER_PAGE)
    set(${result} "it is switched off (LINGER_PAGE)" PARENT_SCOPE)
  elseif(NOT NPM OR NOT NODE OR NOT GZIP)
    set(${result} "npm, node or gzip is not here" PARENT_SCOPE)
  else()
    execute_process(COMMAND ${NODE} --version OUTPUT_VARIABLE version ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
    string(REGEX REPLACE "^v" "" version "${version}")
    if(version VERSION_LESS LINGER_NODE_VERSION_LEAST)
      set(${result} "node ${version} is older than ${LINGER_NODE_VERSION_LEAST}" PARENT_SCOPE)
    endif()
  endif()
endfunction()

function(add_page target)
  set(work ${PROJECT_BINARY_DIR}/dashboard)
  set(embedded ${work}/page_files.cpp)
  set(sources ${PROJECT_SOURCE_DIR}/dashboard)
  set(script ${PROJECT_SOURCE_DIR}/cmake/BuildPage.cmake)
  page_obstacle(obstacle)
  if(obstacle)
    message(STATUS "The page is left out: ${obstacle}")
    file(GLOB files)
  else()
    message(STATUS "The page is built with ${NPM}")
    file(GLOB_RECURSE files CONFIGURE_DEPENDS ${sources}/src/* ${sources}/test/* ${sources}/*.json ${sources}/*.ts
         ${sources}/*.html)
    list(FILTER files EXCLUDE REGEX "/node_modules/")
  endif()
  add_custom_command(
    OUTPUT ${embedded}
    COMMAND ${CMAKE_COMMAND} -D SOURCES=${sources} -D WORK=${work} -D EMBEDDED=${embedded} -D NPM=${NPM} -D GZIP=${GZIP}
            -D OBSTACLE=${obstacle} -P ${script}
    DEPENDS ${files} ${script}
    COMMENT "Building the page"
    VERBATIM)
  target_sources(${target} PRIVATE ${embedded})
  set_source_files_properties(${embedded} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
endfunction()
